import Datasets
import LocalLearning
import Runs
import Tensors

extension RunEvaluation {
    private static let mostMistakes = 20
    private static let worstCount = 24

    /// What an evaluation of a run saw.
    ///
    /// - Parameters:
    ///   - order: the places in the split, in the order of the record's samples.
    init(
        _ record: EvaluationRecord, epoch: Int, order: [Int32], of split: ImageSplit,
        classes: [String], filters: Filters?
    ) {
        let thumbnails = Thumbnails(split)
        let worst = record.worst(Self.worstCount).map { place in
            let sample = WorstSample(
                record.samples[place], index: Int(order[place]), in: split, classes)
            return Sample(
                path: sample.path, index: sample.index, class: sample.class,
                classProbability: Double(sample.classProbability), predicted: sample.predicted,
                probability: Double(sample.probability), loss: sample.loss,
                picture: try? thumbnails.base64JPEG(of: sample.index))
        }
        let mistakes = confusedPairs(record.confusion).prefix(Self.mostMistakes).map {
            Mistake(class: classes[$0.label], predicted: classes[$0.predicted], count: $0.count)
        }
        self.init(
            epoch: epoch, classes: classes,
            confusion: classes.count > Self.mostConfusionClasses ? nil : record.confusion,
            mistakes: mistakes, worst: worst, filters: filters)
    }
}

extension RunEvaluation.Filters {
    /// The kernels of a network's first layer; nil if it is no convolution of more than one pixel.
    ///
    /// - Throws: what the device throws.
    init?(_ network: Network) throws {
        let first = network.parameters.first { $0.description.isTrained }
        guard let first, case let shape = first.value.shape.dimensions, shape.count == 4,
            shape[0] * shape[1] > 1, network.backend.keepsElements
        else { return nil }
        let (height, width, channels, count) = (shape[0], shape[1], shape[2], shape[3])
        let values = try network.backend.read(first.value)
        self.init(
            layer: first.description.name, height: height, width: width, channels: channels,
            values: (0..<min(count, Self.most)).map { filter in
                (0..<(height * width * channels)).map { values[$0 * count + filter] }
            })
    }

    /// More are not looked at.
    private static let most = 64
}
