import ArgumentParser
import Datasets
import LocalLearning
import Runs

/// How images are prepared, for pictures of one's own before all; and what unequal classes weigh.
struct PictureOptions: ParsableArguments {
    @Option(
        help: """
            Share of the pictures that is held out for validation, if the folder has no second split \
            (default: 0.2).
            """)
    var valSplit: Double?

    @Option(help: "Size of a sample: 64, or HEIGHTxWIDTH (default: the data set's).")
    var imageSize: String?

    @Option(help: "1 for grey, 3 for colour (default: the data set's).")
    var channels: Int?

    @Option(
        help: """
            Mean of the pixels, from 0 to 1: one number, or one a channel with commas between; auto \
            measures mean and deviation (default: the data set's).
            """)
    var mean: String?

    @Option(help: "Their standard deviation, as --mean.")
    var std: String?

    @Option(
        help: """
            Random changes of training images. flip mirrors, crop also shifts, standard also resizes \
            parts of 8 to 100 % of the area; default is the data set's own.
            """)
    var augment = Named<AugmentationNames>("default")

    @Option(
        help: "Probability that a part of a training image is erased (default: the data set's).")
    var erase: Double?

    @Flag(
        inversion: .prefixedNo,
        help: "Turn pictures of your own as their EXIF orientation says, or leave them as they lie."
    )
    var exif = true

    @Option(
        help: """
            Weights of the classes in every loss: balanced weighs them by their rarity; a file has a \
            line 'CLASS: WEIGHT' for each.
            """, completion: .file(), transform: pathArgument)
    var classWeights: String?

    @Option(help: "Keep the parameters of this many blocks, from the first one on.")
    var freeze = 0

    func record(in configuration: inout RunConfiguration) {
        configuration.valSplit = valSplit
        configuration.imageSize = imageSize
        configuration.channels = channels
        configuration.mean = mean
        configuration.std = std
        configuration.augment = augment.text
        configuration.erase = erase
        configuration.noExif = !exif
        configuration.classWeights = classWeights
        configuration.freeze = freeze
    }
}
