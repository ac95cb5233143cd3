"""Compares exported ONNX models with the networks that they are of. Run by Scripts/check_onnx."""

import argparse
import gzip
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnx
import onnxruntime

PROGRAMS = pathlib.Path(".build/release")
NETWORKS = pathlib.Path("Tests/ONNXTests/Networks")
IMAGES = pathlib.Path("/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz")
TOLERANCE = 1e-4
RULES = ["LLS", "LLS_MxM", "BP"]
# Names, height, width, channels. Aliases have the tensors of the same network under other names.
LARGE = [
    ("LLS_SmallConv", 28, 28, 1), ("LLS_SmallConvL", 28, 28, 1), ("LLS_VGG8", 32, 32, 3),
    ("LLS_VGG11", 32, 32, 3), ("LLS_MobileNetV1", 64, 64, 3), ("LLS_MobileNetV1_small", 64, 48, 3),
    ("LLS_ResNet18", 32, 32, 3), ("DRTP_SmallConv", 28, 28, 1), ("DFA_SmallConv", 32, 32, 3),
    ("DFA_SmallConvL", 28, 28, 1), ("DFA_SmallConvMNIST", 28, 28, 1),
    ("DFA_SmallConvLMNIST", 28, 28, 1),
]  # fmt: skip
QUICK = [("LLS_SmallConv", 28, 28, 1), ("LLS_MobileNetV1_small", 32, 32, 3)]


def real_images(height, width, channels, count):
    """Images of Fashion-MNIST; scaled, and in several channels shifted against each other."""
    with gzip.open(IMAGES) as file:
        file.read(16)
        images = np.frombuffer(file.read(count * 784), np.uint8).reshape(count, 28, 28)
    rows = np.arange(height) * 28 // height
    columns = np.arange(width) * 28 // width
    images = images[:, rows][:, :, columns]
    planes = [np.roll(images, 2 * channel, axis=2) for channel in range(channels)]
    return np.ascontiguousarray(np.stack(planes, axis=-1))


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, array in tensors.items():
        type_name = {"uint8": "U8", "float32": "F32", "int32": "I32"}[array.dtype.name]
        end = len(data) + array.nbytes
        header[name] = {
            "dtype": type_name, "shape": list(array.shape), "data_offsets": [len(data), end],
        }  # fmt: skip
        data += array.tobytes()
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def read_logits(path):
    data = path.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    shape = json.loads(data[8 : 8 + length])["logits"]["shape"]
    return np.frombuffer(data[8 + length :], np.float32).reshape(shape)


def lls(*arguments):
    """Runs lls and returns what it prints; what it says is shown if it fails."""
    command = [PROGRAMS / "lls", *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        sys.exit(f"check_onnx: lls {' '.join(map(str, arguments))}: {result.stderr}")
    return result.stdout


def run(model, images):
    """The outputs, in batches of two sizes: the axis of batches has none of its own."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    parts = [images[:1]] + [images[at : at + 128] for at in range(1, len(images), 128)]
    return np.concatenate([session.run(None, {"images": part})[0] for part in parts])


class Sample:
    """A network with drawn weights, images, and the logits that lls has for them."""

    def __init__(self, folder, model, rule, pool, size, count):
        self.folder, self.size = folder, size
        channels = size[2]
        self.pixels = real_images(*size, count)
        self.mean = np.float32([0.2860, 0.4, 0.51])[:channels]
        self.deviation = np.float32([0.3530, 0.25, 0.22])[:channels]
        write_safetensors(
            folder / "images.safetensors",
            {
                "pixels": self.pixels.astype(np.int32),
                "normalization": np.stack([self.mean, self.deviation]),
            },
        )
        subprocess.run(
            [PROGRAMS / "onnx-sample", model, rule, pool, folder / "images.safetensors", folder],
            check=True,
        )
        self.logits = read_logits(folder / "logits.safetensors")

    def export(self, *flags):
        path = self.folder / "model.onnx"
        lls("export", self.folder / "weights.safetensors", "--output", path, "--force", *flags)
        return path

    def difference(self, path, is_raw):
        """The largest difference of logits, and of how many images the first class differs."""
        if is_raw:
            found, expected = run(path, self.pixels), softmax(self.logits)
        else:
            images = (self.pixels.astype(np.float32) / 255 - self.mean) / self.deviation
            found, expected = run(path, np.ascontiguousarray(images.transpose(0, 3, 1, 2))), self.logits
        return (
            float(np.abs(found - expected).max()),
            int((found.argmax(1) != expected.argmax(1)).sum()),
        )


def softmax(logits):
    powers = np.exp(logits.astype(np.float64) - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def check_form(path, sample, folds, is_raw, rule):
    """What does not depend on numbers."""
    onnx.checker.check_model(str(path), full_check=True)
    model = onnx.load(path)
    kinds = [node.op_type for node in model.graph.node]
    shapes = [
        [dimension.dim_param or dimension.dim_value for dimension in value.type.tensor_type.shape.dim]
        for value in [*model.graph.input, *model.graph.output]
    ]
    height, width, channels = sample.size
    notes = {entry.key: entry.value for entry in model.metadata_props}
    assert model.opset_import[0].version == 17 and len(model.opset_import) == 1
    assert ("BatchNormalization" in kinds) != folds, kinds
    assert ("Softmax" in kinds) == is_raw, kinds
    assert shapes[1] == ["batch", 10], shapes
    assert shapes[0] == (
        ["batch", height, width, channels] if is_raw else ["batch", channels, height, width]
    )
    assert len(json.loads(notes["lls.classes"])) == 10 and notes["lls.rule"] == rule
    assert "lls.normalization" in notes and "lls.transform" in notes


def check(name, model, rule, pool, size, count):
    """One network with one rule, exported in all four ways; whether all agree."""
    start, worst, flips = time.time(), 0.0, 0
    with tempfile.TemporaryDirectory() as folder:
        sample = Sample(pathlib.Path(folder), model, rule, pool, size, count)
        for folds in [True, False]:
            for is_raw in [False, True]:
                flags = [] if folds else ["--no-fold"]
                path = sample.export(*flags, *(["--with-preprocessing"] if is_raw else []))
                check_form(path, sample, folds, is_raw, rule)
                difference, differing = sample.difference(path, is_raw)
                worst, flips = max(worst, difference), flips + differing
    is_good = worst <= TOLERANCE and flips == 0
    spread = float(sample.logits.std())
    print(
        f"{'ok  ' if is_good else 'FAIL'} {name:24} {rule:8} {pool} {'x'.join(map(str, size)):9} "
        f"difference {worst:.1e} of logits {spread:.1e}, {flips} of {count} differ in top-1, "
        f"{time.time() - start:.0f} s",
        flush=True,
    )
    return is_good


def set_slope(model):
    node = next(node for node in model.graph.node if node.op_type == "LeakyRelu")
    node.attribute[0].f += 0.01


def shift_bias(model):
    bias = next(tensor for tensor in model.graph.initializer if tensor.name.endswith(".bias"))
    values = onnx.numpy_helper.to_array(bias).copy()
    values[0] += 0.01
    bias.CopyFrom(onnx.numpy_helper.from_array(values, bias.name))


def swap_axes(model):
    """Flattens pixels before channels."""
    at = next(i for i, node in enumerate(model.graph.node) if node.op_type == "Flatten")
    node = model.graph.node[at]
    swap = onnx.helper.make_node("Transpose", [node.input[0]], ["swapped"], perm=[0, 2, 3, 1])
    node.input[0] = "swapped"
    model.graph.node.insert(at, swap)


def drop_variance(model):
    node = next(node for node in model.graph.node if node.op_type == "BatchNormalization")
    attribute = next(attribute for attribute in node.attribute if attribute.name == "epsilon")
    attribute.f = 0.01


def check_that_faults_show(model, size):
    """A comparison that nothing can fail says nothing: each of these faults must be seen."""
    is_good = True
    with tempfile.TemporaryDirectory() as folder:
        sample = Sample(pathlib.Path(folder), model, "LLS", "MAX", size, 250)
        for fault, flags in [
            (set_slope, []), (shift_bias, []), (swap_axes, []), (drop_variance, ["--no-fold"]),
        ]:  # fmt: skip
            path = sample.export(*flags)
            wrong = onnx.load(path)
            fault(wrong)
            onnx.save(wrong, path)
            difference, _ = sample.difference(path, False)
            is_seen = difference > TOLERANCE
            is_good &= is_seen
            print(f"{'ok  ' if is_seen else 'FAIL'} fault {fault.__name__}: difference {difference:.1e}")
    return is_good


def check_run(count):
    """A real run from end to end: lls trains, evaluates and exports, and the model finds the same."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        lls(
            "train", "--backend", "cpu", "--epochs", 1, "--limit-train", 2560, "--progress", "none", "--runs-dir", folder, "--name", "run",
        )  # fmt: skip
        lls("export", folder / "run/001", "--with-preprocessing")
        path = folder / "run/001/export/LLS_SmallConv.onnx"
        predicted = run(path, real_images(28, 28, 1, count)).argmax(1)
        with gzip.open(IMAGES.with_name("t10k-labels-idx1-ubyte.gz")) as file:
            labels = np.frombuffer(file.read()[8 : 8 + count], np.uint8)
        text = lls("eval", folder / "run/001", "--backend", "cpu", "--json")
        confusion = np.zeros((10, 10), int)
        np.add.at(confusion, (labels, predicted), 1)
        is_good = json.loads(text)["confusion"] == confusion.tolist()
        right = 100 * (predicted == labels).mean()
        print(f"{'ok  ' if is_good else 'FAIL'} a run from train to export: top-1 {right:.2f} %")
        return is_good


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", help="networks whose name contains this")
    options = parser.parse_args()
    if shutil.disk_usage(tempfile.gettempdir()).free < 4 << 30:
        sys.exit("check_onnx: needs 4 GB in the folder for temporary files")
    count = 250 if options.quick else 1000
    cases = []
    for path in sorted(NETWORKS.glob("*.yaml")):
        for pool in ["MAX", "AVG"]:
            cases.append((path.stem, str(path), RULES[:1], pool, (23, 17, 3)))
    for name, *size in QUICK if options.quick else LARGE:
        cases.append((name, name, RULES[:1] if options.quick else RULES, "MAX", tuple(size)))
    results = [
        check(name, model, rule, pool, size, count)
        for name, model, rules, pool, size in cases
        for rule in rules
        if options.only in name
    ]
    if not options.only:
        results += [check_that_faults_show("LLS_SmallConv", (28, 28, 1)), check_run(10000)]
    print(f"check_onnx: {results.count(True)} of {len(results)} comparisons agree")
    sys.exit(not all(results))


main()
