"""Makes the small data sets in readers/ and readers.json: python3 make_readers.py

Needs numpy, Pillow and torchvision. Every file is in its owner's own format; readers.json says what
torchvision's transforms make of the test images, and how its random transforms are distributed.
"""

import gzip
import io
import json
import math
import pathlib
import shutil
import struct
import tarfile

import numpy as np
import torch
from PIL import Image
from torchvision import transforms as T

here = pathlib.Path(__file__).parent
root = here / "readers"
shutil.rmtree(root, ignore_errors=True)
random = np.random.default_rng(1)


def scene(height, width, channels=3):
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    shift = random.uniform(0, 6, channels)
    planes = [
        128 + 80 * np.sin(x / (9 + 4 * c) + shift[c]) * np.cos(y / (17 - 3 * c))
        + 40 * ((x + 2 * y) // 23 % 2)
        for c in range(channels)
    ]
    noise = random.normal(0, 3, (height, width, channels))
    return np.clip(np.stack(planes, -1) + noise, 0, 255).astype(np.uint8)


def save(path, image, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, "PNG" if path.suffix == ".png" else "JPEG", **options)


def fnv(data):
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


# CIFAR: label bytes, then a red, a green and a blue plane; extracted and as published.
def cifar(folder, archive, files, coarse, classes):
    contents = {}
    for name, count in files.items():
        records = b""
        for _ in range(count):
            labels = [random.integers(0, 20)] * coarse + [random.integers(0, classes)]
            records += bytes(int(label) for label in labels)
            records += scene(32, 32).transpose(2, 0, 1).tobytes()
        contents[name] = records
    (root / folder).mkdir(parents=True)
    for name, records in contents.items():
        (root / folder / name).write_bytes(records)
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        member = tarfile.TarInfo(folder)
        member.type = tarfile.DIRTYPE
        tar.addfile(member)
        # In another order, and beside files that nobody asked for.
        for name, records in [("readme.html", b"<html>" * 200)] + list(contents.items())[::-1]:
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(records)
            tar.addfile(member, io.BytesIO(records))
    (root / "archives").mkdir(exist_ok=True)
    (root / "archives" / archive).write_bytes(gzip.compress(stream.getvalue(), mtime=0))


cifar(
    "cifar-10-batches-bin", "cifar-10-binary.tar.gz",
    {**{f"data_batch_{n}.bin": 2 for n in range(1, 6)}, "test_batch.bin": 3}, 0, 10)
cifar("cifar-100-binary", "cifar-100-binary.tar.gz", {"train.bin": 3, "test.bin": 2}, 1, 100)

# TinyImageNet as published, and with its validation images in class folders.
wnids = ["n01443537", "n01629819", "n01641577"]
tiny = root / "tiny-imagenet-200"
for wnid in wnids:
    for number in range(2):
        save(
            tiny / "train" / wnid / "images" / f"{wnid}_{number}.JPEG",
            Image.fromarray(scene(64, 64)), quality=75)
    (tiny / "train" / wnid / f"{wnid}_boxes.txt").write_text(f"{wnid}_0.JPEG\t0\t0\t62\t62\n")
lines = []
for number, wnid in enumerate([wnids[2], wnids[0], wnids[0], wnids[1]]):
    image = scene(64, 64, 1)[..., 0] if number == 1 else scene(64, 64)
    save(tiny / "val" / "images" / f"val_{number}.JPEG", Image.fromarray(image), quality=75)
    lines.append(f"val_{number}.JPEG\t{wnid}\t0\t32\t44\t62\n")
(tiny / "val" / "val_annotations.txt").write_text("".join(lines))
sorted_tiny = root / "sorted" / "tiny-imagenet-200"
shutil.copytree(tiny / "train", sorted_tiny / "train")
for number, wnid in enumerate([wnids[2], wnids[0], wnids[0], wnids[1]]):
    target = sorted_tiny / "val" / wnid / f"val_{number}.JPEG"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(tiny / "val" / "images" / f"val_{number}.JPEG", target)

# Class folders: sizes and kinds as they occur.
wnids = ["n01440764", "n02102040", "n02979186"]
folders = root / "imagenette2-160"
sizes = [(160, 213), (240, 160), (375, 500), (161, 160), (131, 300), (97, 97)]
for number, (height, width) in enumerate(sizes):
    save(
        folders / "val" / wnids[number % 3] / f"ILSVRC2012_val_{number:08}.JPEG",
        Image.fromarray(scene(height, width)), quality=70, subsampling=2 if number % 2 else 0)
save(folders / "val" / wnids[0] / "grey.jpg", Image.fromarray(scene(170, 180, 1)[..., 0]))
save(
    folders / "val" / wnids[1] / "cmyk.jpeg", Image.fromarray(scene(160, 170, 4), mode="CMYK"),
    quality=60)
save(folders / "val" / wnids[2] / "palette.png", Image.fromarray(scene(150, 140)).quantize(23))
for number in range(6):
    save(
        folders / "train" / wnids[number % 3] / f"{wnids[number % 3]}_{number}.JPEG",
        Image.fromarray(scene(160, 165 + number)), quality=60)

# Visual Wake Words: COCO's images in their two folders, and the ready-made label files.
coco = root / "coco2014"
(coco / "annotations").mkdir(parents=True)
for split, ids in [("train", [3, 9, 25, 30, 34]), ("val", [42, 61, 73])]:
    images, annotations = [], []
    for number, identifier in enumerate(ids):
        # Both of COCO's splits hold images that are for training here.
        part = "val" if split == "val" or number == 4 else "train"
        name = f"COCO_{part}2014_{identifier:012}.jpg"
        height, width = (150, 200) if number % 2 else (180, 135)
        save(coco / f"{part}2014" / name, Image.fromarray(scene(height, width)), quality=60)
        images.append({"id": identifier, "file_name": name, "height": height, "width": width})
        annotations.append(
            {"id": identifier, "image_id": identifier, "category_id": number % 2, "area": 0,
             "bbox": [], "iscrowd": 0})
    if split == "val":
        coco_validation = [(coco / "val2014" / image["file_name"], number % 2)
                           for number, image in enumerate(images)]
    (coco / "annotations" / f"instances_{split}.json").write_text(json.dumps({
        "info": {}, "licenses": [], "images": images[::-1], "annotations": annotations,
        "categories": [{"id": 0, "name": "not-person"}, {"id": 1, "name": "person"}]}))

# What the network sees of the test images.
photographs = [T.ToTensor(), T.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))]
tests = {
    "IMAGENETTE": [T.Resize(160), T.CenterCrop(128)],
    "IMAGENETTE_BASIC": [T.Resize(132), T.CenterCrop(128)],
    "IMAGENET": [T.Resize(256), T.CenterCrop(224), T.Resize(128)],
}


def digest(tensor):
    return fnv(tensor.contiguous().numpy().tobytes())


def class_folder(path):
    names = sorted(entry.name for entry in path.iterdir())
    return [(file, names.index(name)) for name in names for file in sorted((path / name).iterdir())]


samples = {}
for name, steps in tests.items():
    chain = T.Compose(steps + photographs)
    samples[name] = [
        {"label": label, "sum": digest(chain(Image.open(path).convert("RGB")))}
        for path, label in class_folder(folders / "val")
    ]
chain = T.Compose(tests["IMAGENETTE_BASIC"] + photographs)
samples["VWW"] = [
    {"label": label, "sum": digest(chain(Image.open(path).convert("RGB")))}
    for path, label in coco_validation
]
chain = T.Compose(photographs)
order = sorted(entry.name for entry in (tiny / "train").iterdir())
samples["TinyIMAGENET"] = [
    {
        "label": order.index(line.split("\t")[1]),
        "sum": digest(chain(Image.open(tiny / "val" / "images" / line.split("\t")[0]).convert("RGB"))),
    }
    for line in lines
]
normalize = T.Normalize((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010))
for name, file, skip in [
    ("CIFAR10", "cifar-10-batches-bin/test_batch.bin", 0), ("CIFAR100", "cifar-100-binary/test.bin", 1)
]:
    records = np.frombuffer((root / file).read_bytes(), np.uint8).reshape(-1, 3073 + skip)
    samples[name] = [
        {
            "label": int(record[skip]),
            "sum": digest(
                normalize(T.ToTensor()(record[skip + 1 :].reshape(3, 32, 32).transpose(1, 2, 0)))),
        }
        for record in records
    ]

# Deciles of what torchvision's random transforms draw.
torch.manual_seed(0)


def deciles(values):
    return [float(value) for value in np.quantile(values, np.arange(0.1, 0.95, 0.1))]


image = torch.ones(3, 32, 32)
areas, ratios = [], []
for _ in range(100_000):
    _, _, h, w, _ = T.RandomErasing.get_params(image, (0.02, 0.33), (0.3, 3.3), [0.0])
    areas.append(h * w / 1024)
    ratios.append(math.log(h / w))
canvas = Image.fromarray(np.zeros((60, 80, 3), np.uint8))
shares, aspects = [], []
for _ in range(100_000):
    _, _, h, w = T.RandomResizedCrop.get_params(canvas, (0.08, 1.0), (3 / 4, 4 / 3))
    shares.append(h * w / 4800)
    aspects.append(math.log(w / h))
drawn = {
    "erasing": {"area": deciles(areas), "logRatio": deciles(ratios)},
    "resizedCrop": {"area": deciles(shares), "logRatio": deciles(aspects)},
}
(here / "readers.json").write_text(json.dumps({"samples": samples, "drawn": drawn}, indent=1) + "\n")
