import ArgumentParser
import FileFormats

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Says what a file or folder is, and what tensors it holds.",
        discussion: """
            Example: lls inspect runs/fashionmnist-smallconv-lls/001
            Known are safetensors files and ONNX models of any program, JPEG and PNG images, and the \
            folders, checkpoints and model.json of runs. Of a safetensors file it also names the \
            networks and rules that its tensors are of. Minimum, maximum and mean are of the finite \
            elements.
            """)

    @Flag(help: "Print one JSON object.") var json = false
    @Argument(help: "The file or folder.", completion: .file(), transform: pathArgument)
    var path: String

    func run() throws {
        let found = try Inspection(of: path)
        guard !json else { return Console.result(try LLSCommands.json(found)) }
        for line in found.lines { Console.result(line) }
    }
}
