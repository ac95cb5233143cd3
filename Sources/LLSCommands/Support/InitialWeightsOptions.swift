import ArgumentParser
import Runs

/// Where the parameters of a network start.
struct InitialWeightsOptions: ParsableArguments {
    @Option(
        name: .customLong("init"), help: "Weights file or run folder to start from.",
        completion: .weights, transform: pathArgument)
    var weights: String?

    @Option(
        name: .customLong("init-sha256"),
        help: "Refuse --init if its file has another SHA-256 than this; config.yaml records it.")
    var digest: String?

    @Flag(
        inversion: .prefixedNo,
        help: """
            With --init: take the layers of the weights, and begin with a new classifier for the \
            classes of the data.
            """)
    var newHead = false

    func record(in configuration: inout RunConfiguration) {
        configuration.initialWeights = weights
        configuration.initialWeightsSHA256 = digest
        configuration.newHead = newHead
    }
}
