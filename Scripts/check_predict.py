#!/usr/bin/env python3
"""Compares what lls predict and lls eval say of pictures with PyTorch, each by its own way to the pixels.

    pip install torch safetensors 'pillow<13' numpy
    python3 Scripts/check_predict.py LLS RUN [--idx FILE] [--count N]

RUN is a run of LLS_SmallConv on a folder of pictures, or on one of the grey data sets of 28x28 pixels: then
--idx names the file of its test images, which are written as PNG files first. LLS is the program. PyTorch
loads the weights strictly into the published network, and Pillow does the transform of the weights' card.
Pillow 13 resizes columns before rows where that is cheaper: a few bytes then differ by 1, and so probabilities
by 1e-5.
"""
import argparse, gzip, json, pathlib, struct, subprocess, sys, tempfile
import numpy, torch
from PIL import Image
from safetensors import safe_open

parser = argparse.ArgumentParser()
parser.add_argument("lls")
parser.add_argument("run")
parser.add_argument("--idx")
parser.add_argument("--count", type=int, default=1000)
parser.add_argument("--backend", default="cpu")
options = parser.parse_args()


class Block(torch.nn.Module):
    def __init__(self, **layers):
        super().__init__()
        self.block = torch.nn.ModuleDict(layers)

    def forward(self, x):
        for layer in self.block.values():
            x = layer(x)
        return torch.nn.functional.leaky_relu(x, 0.01)


class SmallConv(torch.nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        sizes = [channels, 32, 64, 128]
        for i, (a, b) in enumerate(zip(sizes, sizes[1:]), 1):
            setattr(self, f"conv_block{i}", Block(conv=torch.nn.Conv2d(a, b, 3, padding=1), bn=torch.nn.BatchNorm2d(b)))
        self.linear_block1 = Block(linear=torch.nn.Linear(512, 512), bn=torch.nn.BatchNorm1d(512))
        self.linear = torch.nn.Linear(512, classes)

    def forward(self, x):
        pool = torch.nn.functional.max_pool2d
        x = self.conv_block3(pool(self.conv_block2(pool(self.conv_block1(x), 2)), 2))
        x = torch.nn.functional.adaptive_avg_pool2d(x, 2).flatten(1)
        return self.linear(self.linear_block1(x))


def transformed(path):
    """As torchvision: Resize and CenterCrop of a Pillow image, ToTensor, Normalize."""
    image = Image.open(path).convert("L" if channels == 1 else "RGB")
    for step in transform:
        if step["step"] == "resize":
            side, (width, height) = step["shorterSide"], image.size
            size = (side, int(side * height / width)) if width <= height else (int(side * width / height), side)
            image = image.resize(size, Image.Resampling.BILINEAR)
        elif step["step"] == "centerCrop":
            side, (width, height) = step["side"], image.size
            left, top = int(round((width - side) / 2)), int(round((height - side) / 2))
            image = image.crop((left, top, left + side, top + side))
        else:
            sys.exit(f"unknown step {step}")
    pixels = numpy.asarray(image, dtype=numpy.float32).reshape(image.height, image.width, channels) / 255
    return torch.from_numpy(((pixels - mean) / std).transpose(2, 0, 1).copy())


def lls(*arguments):
    done = subprocess.run([options.lls, *arguments, "--backend", options.backend, "--json"], capture_output=True)
    if done.returncode:
        sys.exit(done.stderr.decode())
    return [json.loads(line) for line in done.stdout.splitlines()]


file = safe_open(pathlib.Path(options.run) / "weights/last.safetensors", "pt")
card = {key[4:]: value for key, value in file.metadata().items() if key.startswith("lls.")}
classes, transform = json.loads(card["classes"]), json.loads(card["transform"])
mean, std = (numpy.array(json.loads(card["normalization"])[key], numpy.float32) for key in ("mean", "std"))
channels = int(card["input"].split("x")[2])
network = SmallConv(channels, len(classes)).eval()
network.load_state_dict({key: file.get_tensor(key) for key in file.keys()}, strict=True)

# Of every sample: the probability of its label, and its loss.
evaluation = lls("eval", options.run, "--limit-test", str(options.count), "--worst", str(options.count))[0]
with tempfile.TemporaryDirectory() as folder:
    if options.idx:
        data = (gzip.open if options.idx.endswith(".gz") else open)(options.idx, "rb").read()
        count, height, width = struct.unpack(">3I", data[4:16])
        images = numpy.frombuffer(data, numpy.uint8, offset=16).reshape(count, height, width)
        for sample in evaluation["worst"]:
            sample["path"] = f"{folder}/{sample['index']}.png"
            Image.fromarray(images[sample["index"]]).save(sample["path"])
    samples = sorted(evaluation["worst"], key=lambda sample: sample["index"])
    paths = [sample["path"] for sample in samples]
    listing = pathlib.Path(folder) / "list.txt"
    listing.write_text("".join(path + "\n" for path in paths))
    with open(listing) as standard_input:
        done = subprocess.run(
            [options.lls, "predict", options.run, "-", "--backend", options.backend, "--json", "--top", str(len(classes))],
            stdin=standard_input, capture_output=True)
    predictions = [json.loads(line) for line in done.stdout.splitlines()]
    with torch.no_grad():
        logits = torch.cat([network(torch.stack([transformed(path) for path in paths[i:i + 128]])) for i in range(0, len(paths), 128)])

assert [prediction["path"] for prediction in predictions] == paths, done.stderr.decode()
own = numpy.zeros((len(paths), len(classes)))
for row, prediction in zip(own, predictions):
    for candidate in prediction["top"]:
        row[candidate["label"]] = candidate["probability"]
labels = numpy.array([classes.index(sample["class"]) for sample in samples])
theirs = torch.softmax(logits.double(), 1).numpy()
loss = torch.nn.functional.cross_entropy(logits, torch.from_numpy(labels)).item()
top1 = 100 * float((logits.argmax(1).numpy() == labels).mean())
of_label = own[numpy.arange(len(labels)), labels]

differences = {
    "predict and PyTorch, probabilities": float(abs(own - theirs).max()),
    "predict and eval, probabilities": float(max(abs(of_label - [sample["class_probability"] for sample in samples]))),
    "eval and PyTorch, loss": abs(evaluation["test_loss"] - loss),
    "eval and PyTorch, top-1": abs(evaluation["test_top1"] - top1),
}
print(f"{len(paths)} pictures, top-1 {top1:.2f}, loss {loss:.6f}; greatest differences:")
for name, value in differences.items():
    print(f"  {name}: {value:.2g}")
sys.exit(max(differences.values()) > 1e-5)
