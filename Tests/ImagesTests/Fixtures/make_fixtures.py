"""Makes the files beside it: python3 make_fixtures.py (needs numpy and Pillow 13).

Every image NAME.jpg or NAME.png has its pixels, as Pillow converts them to RGB, in NAME.ppm.
"""

import io
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image

here = pathlib.Path(__file__).parent
random = np.random.default_rng(0)


def scene(height, width, channels):
    """Smooth colours with edges and a little noise: what JPEG was made for."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    planes = [
        128 + 90 * np.sin(x / (5 + 2 * c) + c) * np.cos(y / (7 - c)) + 30 * ((x + y) // 9 % 2)
        for c in range(channels)
    ]
    noise = random.normal(0, 6, (height, width, channels))
    return np.clip(np.stack(planes, -1) + noise, 0, 255).astype(np.uint8)


def keep(name, data):
    (here / name).write_bytes(data)
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    header = f"P6 {pixels.shape[1]} {pixels.shape[0]} 255\n".encode()
    (here / (name.split(".")[0] + ".ppm")).write_bytes(header + pixels.tobytes())


def jpeg(image, **options):
    stream = io.BytesIO()
    image.save(stream, "JPEG", **options)
    return stream.getvalue()


def png(image, **options):
    stream = io.BytesIO()
    image.save(stream, "PNG", **options)
    return stream.getvalue()


colour = Image.fromarray(scene(45, 61, 3))
exif = Image.Exif()
exif[0x0112] = 6  # to be turned by a quarter, which convert("RGB") does not do
keep("rgb444.jpg", jpeg(colour, quality=90, subsampling=0))
keep("rgb422.jpg", jpeg(colour, quality=75, subsampling=1))
keep("rgb420.jpg", jpeg(colour, quality=75, subsampling=2))
keep("worst.jpg", jpeg(colour, quality=1))
keep("progressive.jpg", jpeg(colour, quality=80, progressive=True))
keep("restarts.jpg", jpeg(colour, quality=80, restart_marker_blocks=2))
keep("turned.jpg", jpeg(colour, quality=80, exif=exif))
keep("plainrgb.jpg", jpeg(colour, quality=90, keep_rgb=True))
keep("grey.jpg", jpeg(Image.fromarray(scene(33, 40, 1)[..., 0]), quality=80))
keep("onepixel.jpg", jpeg(Image.fromarray(scene(1, 1, 3)), quality=80))
cmyk = jpeg(Image.fromarray(scene(30, 37, 4), mode="CMYK"), quality=85)
keep("cmyk.jpg", cmyk)
# The last byte of Adobe's marker says how the colours are coded: 2 is YCCK.
marker = cmyk.index(b"Adobe")
keep("ycck.jpg", cmyk[: marker + 11] + b"\x02" + cmyk[marker + 12 :])
# A few bytes too many in front of the last marker, which is a warning and no damage.
whole = jpeg(colour, quality=75)
keep("extraneous.jpg", whole[:-2] + b"\x11\x22\x33" + whole[-2:])

keep("rgb.png", png(colour))
keep("rgba.png", png(Image.fromarray(scene(20, 23, 4))))
keep("la.png", png(Image.fromarray(scene(20, 23, 2), mode="LA")))
grey = Image.fromarray(scene(21, 26, 1)[..., 0])
keep("grey8.png", png(grey))
keep("palette.png", png(colour.quantize(37)))
keep("palette2.png", png(colour.quantize(4), bits=2))
keep("transparent.png", png(colour.quantize(16), transparency=3))
keep("bilevel.png", png(grey.convert("1")))
deep = (scene(21, 26, 1)[..., 0].astype(np.uint16) * 257) ^ 0x35
deep[0, :8] = [0, 1, 127, 254, 255, 256, 300, 65535]
keep("grey16.png", png(Image.fromarray(deep)))


def raw_png(array, colour_type, depth, interlace=0):
    """What Pillow does not write: few-bit grey and 16-bit colour."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(
            ">I", zlib.crc32(kind + data))

    height, width = array.shape[:2]
    if depth == 16:
        rows = [row.astype(">u2").tobytes() for row in array]
    else:
        rows = []
        for row in array:
            bits = "".join(format(int(value), f"0{depth}b") for value in row)
            bits += "0" * (-len(bits) % 8)
            rows.append(int(bits, 2).to_bytes(len(bits) // 8, "big"))
    data = b"".join(b"\0" + row for row in rows)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, interlace))
        + chunk(b"IDAT", zlib.compress(data))
        + chunk(b"IEND", b"")
    )


keep("grey2.png", raw_png(random.integers(0, 4, (9, 13)), 0, 2))
keep("grey4.png", raw_png(random.integers(0, 16, (9, 13)), 0, 4))
keep("rgb16.png", raw_png(random.integers(0, 65536, (9, 13, 3)), 2, 16))
keep("la16.png", raw_png(random.integers(0, 65536, (9, 13, 2)), 4, 16))
keep("rgba16.png", raw_png(random.integers(0, 65536, (9, 13, 4)), 6, 16))

# Pillow's resizing of noise, which shows every rounding.
noise = Image.fromarray(random.integers(0, 256, (47, 61, 3), dtype=np.uint8))
keep("noise.png", png(noise))
for width, height in [(61, 20), (20, 47), (13, 15), (60, 46), (62, 48), (100, 80), (1, 1), (61, 130)]:
    resized = noise.resize((width, height), Image.Resampling.BILINEAR)
    pixels = np.asarray(resized)
    (here / f"noise-{width}x{height}.ppm").write_bytes(
        f"P6 {width} {height} 255\n".encode() + pixels.tobytes())

# More than 64 million pixels in 8 kB; PortablePixmap files are for smaller ones.
side = 8192
(here / "wide.png").write_bytes(
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(bytes(side * (1 + side // 8)), 9))
    + chunk(b"IEND", b""))
