/// Every network there is.
public enum ModelCatalog {
    public static let all: [Architecture] = [.smallConv, .smallConvL]
}
