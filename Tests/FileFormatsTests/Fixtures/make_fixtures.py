"""Makes the files beside it: python3 make_fixtures.py (needs numpy and safetensors 0.8)."""

import gzip
import pathlib
import struct

import numpy as np
from safetensors.numpy import save

here = pathlib.Path(__file__).parent


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + b"".join(struct.pack(">I", n) for n in array.shape)
    return header + array.tobytes()


def put(name, data):
    (here / name).write_bytes(data)


images = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5) * 4
put("images.idx", idx(images))
put("images.idx.gz", gzip.compress(idx(images), mtime=0))
put("labels.idx", idx(np.array([9, 0, 3], dtype=np.uint8)))
put("zeros.idx.gz", gzip.compress(idx(np.zeros((50, 1000, 1000), dtype=np.uint8)), mtime=0))

# Every type that is read as Float or Int, a scalar, an empty tensor, names that need escapes.
tensors = {
    "conv.weight": np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2) / 7,
    "conv.bias": np.array([-1.5, np.inf], dtype=np.float32),
    "bn.num_batches_tracked": np.array(1234567890123, dtype=np.int64),
    "half": np.array([0, -0.0, 1, 65504, 6e-8, 6.1e-5, np.inf, np.nan], dtype=np.float16),
    "double": np.array([np.pi, 1e300], dtype=np.float64),
    "int32": np.array([[1, -2], [3, 16777216]], dtype=np.int32),
    "bytes": np.array([0, 1, 255], dtype=np.uint8),
    "empty": np.zeros((0, 3), dtype=np.float32),
    'quo"te\\tab\t\u00e9\u4e2d\U0001f600': np.array([2.5], dtype=np.float32),
}
put("python.safetensors", save(tensors, metadata={"format": "pt"}))


def bfloat16(values):
    return (np.array(values, dtype=np.float32).view(np.uint32) >> 16).astype("<u2").tobytes()


header = b'{"bf16":{"dtype":"BF16","shape":[3],"data_offsets":[0,6]}}'
header += b" " * (-len(header) % 8)
put("bfloat16.safetensors", struct.pack("<Q", len(header)) + header + bfloat16([1, -2.5, 3e38]))
