import Architectures
import ArgumentParser
import FileFormats
import LocalLearning
import Tensors

struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract:
            "Gives the convolutions of torchvision's VGG networks the names of a network here.",
        discussion: """
            Example: lls import vgg11_bn.safetensors --as LLS_VGG11 --output features.safetensors
            Then: lls train --init features.safetensors --new-head --freeze 8 --dataset folder:photos
            FILE holds the state of torchvision's vgg11_bn, vgg13_bn, …, as safetensors; \
            Scripts/pth_to_safetensors.py makes it of a .pth file. Their activations are ReLU: so are \
            those of the network that is written, unless --as names an architecture file. Its linear \
            layers and its classifier are not taken over.
            """)

    @Option(
        name: .customLong("as"), help: "The network: one of these, or an architecture (NET.yaml).")
    var model: Named<ModelNames>
    @Option(
        help: "The file to write (default: the name of FILE with -lls, in the current folder).",
        completion: .file(), transform: pathArgument)
    var output: String?
    @Flag(help: "Replace the file if it is there.") var force = false

    @Argument(help: "Weights of torchvision.", completion: .file(), transform: pathArgument)
    var path: String

    func validate() throws { if !ModelNames.isFile(model.text) { _ = try model.entry } }

    func run() throws {
        let named = try model.entry
        let architecture = ModelNames.isFile(model.text) ? named : named.withReLU
        let place = output ?? Self.name(for: path)
        guard force || !FileSystem.exists(place) else {
            throw FileError(
                path: place, operation: "write the weights", reason: "the file exists",
                category: .cannotCreate, advice: "Replace it with --force, or name another.")
        }
        let reader = try SafetensorsReader(path)
        let features = try TorchvisionFeatures(reader, as: architecture)
        try features.file.write(to: place)
        Console.result(
            "result convolutions=\(features.count) model=\(architecture.name) output=\(place)")
    }

    /// `vgg11_bn-lls.safetensors` of `/a/vgg11_bn.safetensors`.
    private static func name(for path: String) -> String {
        let name = path.lastPathPart
        let ending = ".safetensors"
        return (name.hasSuffix(ending) ? String(name.dropLast(ending.count)) : name) + "-lls"
            + ending
    }
}

extension Architecture {
    /// The same network with ReLU behind every convolution whose activation is the rule's.
    fileprivate var withReLU: Architecture {
        Architecture(
            name + "_ReLU",
            stages.map { stage in
                guard case .block(var block) = stage,
                    case .convolutions(var layers) = block.layers
                else { return stage }
                for index in layers.indices where layers[index].activation == nil {
                    layers[index].activation = .leakyReLU(slope: 0)
                }
                block.layers = .convolutions(layers)
                return .block(block)
            })
    }
}
