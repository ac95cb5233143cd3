import FileFormats
import LocalLearning
import Tensors

/// A network that tensors in a file are of, and the rules that make such a file.
struct NetworkFit: Encodable {
    let model: String
    let rules: [String]
    /// Height, width and channels of the images for which it does.
    let input: [Int]

    /// All that fit, the networks and rules that `main` adds among them; empty if none does.
    ///
    /// - Parameters:
    ///   - shapes: of all tensors, by name.
    ///   - card: what the file says of itself, if it does.
    ///   - own: the network that the file brings.
    static func all(
        of shapes: [String: [Int]], _ card: ModelCard?, own: Architecture?
    ) -> [NetworkFit] {
        guard let classes = shapes["linear.weight"]?.first, (1...100_000).contains(classes) else {
            return []
        }
        let models = (own.map { [$0] } ?? []) + Registry.models
        return models.compactMap { model in
            var input: [Int]?
            let rules = Registry.rules.filter { rule in
                let found = inputs(card).first { fits(model, rule, $0, classes, shapes) }
                input = input ?? found
                return found != nil
            }
            return input.map { NetworkFit(model: model.name, rules: rules.map(\.name), input: $0) }
        }
    }

    /// Whether these are the tensors of a network; those of another name tell at once.
    private static func fits(
        _ model: Architecture, _ rule: any LearningRule, _ input: [Int], _ classes: Int,
        _ shapes: [String: [Int]]
    ) -> Bool {
        guard
            let network = try? NetworkDescription(
                model, input: Shape(input), classes: classes, rule: rule)
        else { return false }
        return network.takes(shapes)
    }

    /// Few tensors depend on the size of an image, and most on its channels.
    private static func inputs(_ card: ModelCard?) -> [[Int]] {
        let usual = [28, 32, 64, 96, 128, 224].flatMap { side in
            [3, 1].map { [side, side, $0] }
        }
        guard let input = card?.input, input.allSatisfy({ $0 <= 1 << 16 }) else { return usual }
        return [input] + usual
    }
}
