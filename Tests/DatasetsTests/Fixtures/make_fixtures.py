"""Makes the files beside it: python3 make_fixtures.py (needs numpy and torch)."""

import gzip
import json
import pathlib
import struct

import numpy as np
import torch

here = pathlib.Path(__file__).parent
raw = here / "FashionMNIST" / "raw"
raw.mkdir(parents=True, exist_ok=True)


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + b"".join(struct.pack(">I", n) for n in array.shape)
    return header + array.tobytes()


random = np.random.default_rng(0)
for split, count in [("train", 20), ("t10k", 7)]:
    images = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
    labels = (np.arange(count) % 10).astype(np.uint8)
    # One file of each pair zipped, as they may be in one folder.
    (raw / f"{split}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images), mtime=0))
    (raw / f"{split}-labels-idx1-ubyte").write_bytes(idx(labels))
    if split == "train":
        first = images[0]

# Bit patterns of torchvision's ToTensor and Normalize for each byte.
tables = {}
for name, mean, deviation in [("MNIST", 0.5, 0.5), ("FashionMNIST", 0.286, 0.353)]:
    bytes_ = torch.arange(256, dtype=torch.uint8)
    floats = bytes_.to(torch.float32).div(255)
    floats.sub_(torch.as_tensor(mean, dtype=torch.float32))
    floats.div_(torch.as_tensor(deviation, dtype=torch.float32))
    tables[name] = floats.numpy().view(np.uint32).tolist()

# RandomCrop(28, padding=4) at every offset, then an optional mirror: sums that tell them apart.
padded = np.pad(first, 4)
weights = np.arange(28 * 28, dtype=np.int64).reshape(28, 28) + 1
crops = []
for top in range(9):
    for left in range(9):
        crop = padded[top : top + 28, left : left + 28].astype(np.int64)
        crops.append([int((crop * weights).sum()), int((crop[:, ::-1] * weights).sum())])
(here / "preparation.json").write_text(json.dumps({"tables": tables, "crops": crops}) + "\n")
