"""Makes 200 odd pictures, and what Pillow makes of each, in ../ImagesTests/Fixtures/odd:
python3 make_odd_images.py

Needs numpy, Pillow 13.0.0 and libturbojpeg.so.0. odd.json has, for every picture, the SHA-256 of its
bytes as RGB, as L, and as RGB after ImageOps.exif_transpose; or why Pillow refuses it ("pillow"); and
why we refuse what Pillow takes ("refused", in odd_image_refusals.json, by hand).
"""

import hashlib
import io
import json
import pathlib
import shutil
import struct
import warnings

import numpy as np
import PIL
from PIL import Image, ImageOps

import odd_image_writers as write

assert PIL.__version__ == "13.0.0", PIL.__version__
here = pathlib.Path(__file__).parent
root = here.parent / "ImagesTests" / "Fixtures" / "odd"
shutil.rmtree(root, ignore_errors=True)
root.mkdir()
random = np.random.default_rng(5)
pictures = {}
W, H = 37, 23


def scene(channels=3, height=H, width=W, depth=8):
    """Smooth colours with edges and a little noise; `[height, width, channels]`, or without the last."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    planes = [
        128 + 90 * np.sin(x / (5 + 2 * c) + c) * np.cos(y / (7 - c)) + 30 * ((x + y) // 9 % 2)
        for c in range(channels)
    ]
    image = np.stack(planes, -1) + random.normal(0, 4, (height, width, channels))
    image = np.clip(image, 0, 255) * ((1 << depth) - 1) / 255
    image = image.astype(np.uint16 if depth > 8 else np.uint8)
    return image[..., 0] if channels == 1 else image


def saved(array, form, mode=None, **options):
    image = array if isinstance(array, Image.Image) else Image.fromarray(array)
    if mode and not isinstance(array, Image.Image):
        image = Image.frombytes(mode, array.shape[1::-1], array.tobytes())
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def keep(name, data):
    assert name not in pictures, name
    pictures[name] = data


colour, grey = scene(), scene(1)
picture = Image.fromarray(colour)

# JPEG
for sampling in range(3):
    keep(f"sampling{sampling}.jpg", saved(colour, "JPEG", quality=85, subsampling=sampling))
keep("440.jpg", write.turbo_jpeg(colour, 4))
keep("411.jpg", write.turbo_jpeg(colour, 5))
keep("grey.jpg", saved(grey, "JPEG"))
keep("progressive.jpg", saved(colour, "JPEG", progressive=True))
keep("progressive-grey.jpg", saved(grey, "JPEG", progressive=True))
keep("restarts.jpg", saved(colour, "JPEG", restart_marker_rows=1))
keep("rgb.jpg", saved(colour, "JPEG", keep_rgb=True))
cmyk = saved(scene(4), "JPEG", mode="CMYK")
keep("cmyk.jpg", cmyk)
adobe = cmyk.index(b"Adobe") + 11
keep("ycck.jpg", cmyk[:adobe] + b"\2" + cmyk[adobe + 1 :])
keep("ycck-progressive.jpg", saved(scene(4), "JPEG", mode="CMYK", progressive=True))
for width, height in [(1, 1), (1, 40), (90, 1), (17, 16), (8, 9)]:
    keep(f"size{width}x{height}.jpg", saved(scene(3, height, width), "JPEG"))
whole = saved(colour, "JPEG")
keep("trailing.jpg", whole + b"more" * 10)
keep("half.jpg", whole[: len(whole) // 2])
keep("half-progressive.jpg", pictures["progressive.jpg"][:900])
keep("header.jpg", whole[:100])
keep("half-cmyk.jpg", cmyk[: len(cmyk) * 2 // 3])

# PNG
keep("colour.png", saved(colour, "PNG"))
for depth in (1, 2, 4, 8, 16):
    keep(f"grey{depth}.png", write.png(scene(1, depth=depth), 0, depth))
    keep(f"grey{depth}-interlaced.png", write.png(scene(1, depth=depth), 0, depth, interlaced=True))
for depth in (1, 2, 4, 8):
    colours = scene(3, 1, 1 << depth).tobytes()
    indices = scene(1, depth=depth)
    keep(f"palette{depth}.png", write.png(indices, 3, depth, before=[(b"PLTE", colours)]))
    transparency = [(b"PLTE", colours), (b"tRNS", bytes([0, 128]))]
    keep(f"palette{depth}-transparent.png", write.png(indices, 3, depth, before=transparency))
keep("palette-short.png", write.png(grey, 3, 8, before=[(b"PLTE", bytes(range(90)))]))
keep("rgb16.png", write.png(scene(3, depth=16), 2, 16))
keep("rgba16-interlaced.png", write.png(scene(4, depth=16), 6, 16, interlaced=True))
keep("la.png", write.png(scene(2), 4, 8))
keep("la16.png", write.png(scene(2, depth=16), 4, 16))
keep("rgba.png", write.png(scene(4), 6, 8))
keep("rgb-transparent.png", write.png(colour, 2, 8, before=[(b"tRNS", struct.pack(">3H", *colour[0, 0]))]))
keep("grey-transparent.png", write.png(grey, 0, 8, before=[(b"tRNS", struct.pack(">H", 130))]))
deep = [(b"tRNS", struct.pack(">H", 130))]
keep("grey16-transparent.png", write.png(scene(1, depth=16), 0, 16, before=deep))
others = [Image.fromarray(255 - colour), picture.rotate(180)]
keep("animated.png", saved(picture, "PNG", save_all=True, append_images=others))
keep("animated-default.png", saved(
    picture, "PNG", save_all=True, append_images=others, default_image=True))
for width, height in [(1, 1), (1, 31), (200, 1)]:
    keep(f"size{width}x{height}.png", write.png(scene(3, height, width), 2, 8, interlaced=True))
whole = pictures["colour.png"]
keep("half.png", whole[: len(whole) // 2])
keep("half-interlaced.png", pictures["grey8-interlaced.png"][:300])
keep("without-end.png", whole[:-12])
keep("cut-checksum.png", whole[:-14])
keep("flipped.png", whole[:500] + bytes([whole[500] ^ 4]) + whole[501:])

# WebP
for name, options in {
    "lossy": {"quality": 80}, "worst": {"quality": 1}, "lossless": {"lossless": True},
    "exact": {"lossless": True, "exact": True}, "best": {"quality": 100, "method": 6},
}.items():
    keep(f"{name}.webp", saved(colour, "WEBP", **options))
    keep(f"{name}-alpha.webp", saved(scene(4), "WEBP", **options))
keep("grey.webp", saved(grey, "WEBP"))
keep("animated.webp", saved(picture, "WEBP", save_all=True, append_images=others, lossless=True))
keep("animated-lossy.webp", saved(picture, "WEBP", save_all=True, append_images=others))
keep("animated-alpha.webp", saved(
    Image.fromarray(scene(4)), "WEBP", save_all=True, append_images=others))
still = saved(scene(3, 10, 15), "WEBP", lossless=True)
keep("offset.webp", write.webp_animation([(still, 6, 4, 15, 10)] * 2, (W, H)))
lossy = saved(scene(3, 10, 15), "WEBP")
keep("offset-lossy.webp", write.webp_animation([(lossy, 22, 12, 15, 10)], (W, H)))
keep("outside.webp", write.webp_animation([(still, 30, 4, 15, 10)], (W, H)))
keep("no-frame.webp", write.webp_animation([], (W, H)))
for width, height in [(1, 1), (1, 33), (150, 1)]:
    keep(f"size{width}x{height}.webp", saved(scene(3, height, width), "WEBP"))
for name in ("lossy", "lossless", "lossy-alpha", "animated"):
    data = pictures[f"{name}.webp"]
    keep(f"half-{name}.webp", data[: len(data) // 2])
    keep(f"short-{name}.webp", data[:-3])
keep("riff.webp", b"RIFF\x08\0\0\0WEBPVP8 ")

# GIF
palette = scene(3, 1, 256).tobytes()
small = scene(3, 1, 16).tobytes()
indices = scene(1)
keep("saved.gif", saved(picture.quantize(50), "GIF"))
keep("saved-grey.gif", saved(grey, "GIF"))
keep("animated.gif", saved(
    picture.quantize(40), "GIF", save_all=True, append_images=[o.quantize(40) for o in others]))
keep("global.gif", write.gif(indices, palette))
keep("local.gif", write.gif(indices, small, local=palette))
keep("only-local.gif", write.gif(indices, local=palette))
keep("without-palette.gif", write.gif(indices))
keep("ramp.gif", write.gif(indices, bytes(i // 3 for i in range(768))))
keep("ramp-short.gif", write.gif(indices, bytes(i // 3 for i in range(48))))
keep("beyond-palette.gif", write.gif(indices, small))
keep("interlaced.gif", write.gif(indices, palette, interlaced=True))
keep("transparent.gif", write.gif(indices, palette, transparent=int(indices[3, 3])))
keep("offset.gif", write.gif(indices[:9, :11], palette, screen=(W, H), at=(5, 7), background=9))
keep("offset-transparent.gif", write.gif(
    indices[:9, :11], palette, screen=(W, H), at=(5, 7), transparent=77, background=9))
keep("offset-local-ramp.gif", write.gif(
    indices[:9, :11], palette, local=bytes(i // 3 for i in range(768)), screen=(W, H), at=(5, 7),
    transparent=77, interlaced=True))
keep("beyond-screen.gif", write.gif(indices, palette, screen=(20, 10), at=(3, 2)))
keep("screen-0.gif", write.gif(indices, palette, screen=(0, 0)))
comment = b"!\xfe\x05hello\0!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
two = b"!\xf9\x04\x01\0\0\x05\0!\xf9\x04\0\0\0\x06\0"
keep("extensions.gif", write.gif(
    indices[:9, :11], palette, screen=(W, H), extensions=comment + two))
keep("size1x1.gif", write.gif(indices[:1, :1], palette))
keep("size1x23.gif", write.gif(indices[:, :1], palette, interlaced=True))
whole = pictures["global.gif"]
keep("half.gif", whole[: len(whole) // 2])
keep("without-trailer.gif", whole[:-1])
keep("without-end.gif", whole[:-2])
keep("cut-palette.gif", whole[:300])
keep("no-frame.gif", whole[:781] + b";")

# BMP
def colours_of(count, width=4):
    return b"".join(bytes(c) + b"\0" * (width - 3) for c in scene(3, 1, count)[0])


for bits in (1, 4, 8):
    rows = write.bits_of(scene(1, depth=bits), bits)
    keep(f"palette{bits}.bmp", write.bmp(rows, W, H, bits, colours_of(1 << bits)))
    keep(f"palette{bits}-os2.bmp", write.bmp(rows, W, H, bits, colours_of(1 << bits, 3), size=12))
    keep(f"palette{bits}-top.bmp", write.bmp(rows, W, -H, bits, colours_of(1 << bits)))
    ramp = b"".join(bytes([i * (255 if bits == 1 else 1)] * 3 + [0]) for i in range(1 << bits))
    keep(f"ramp{bits}.bmp", write.bmp(rows, W, H, bits, ramp))
eight = write.bits_of(scene(1), 8)
keep("palette8-short.bmp", write.bmp(eight, W, H, 8, colours_of(20), colours=20))
keep("palette8-gap.bmp", write.bmp(eight, W, H, 8, colours_of(256) + b"gap!"))
wide = random.integers(0, 65536, (H, W))
packed = write.bits_of(wide, 16, "little")
keep("rgb16.bmp", write.bmp(packed, W, H, 16))
keep("rgb565.bmp", write.bmp(packed, W, H, 16, compression=3, masks=(0xF800, 0x7E0, 0x1F)))
keep("rgb555-v4.bmp", write.bmp(
    packed, W, H, 16, compression=3, masks=(0x7C00, 0x3E0, 0x1F, 0), size=108))
keep("rgb444.bmp", write.bmp(packed, W, H, 16, compression=3, masks=(0xF00, 0xF0, 0xF)))
three, four = write.bits_of(scene(3), 8), write.bits_of(scene(4), 8)
keep("rgb24.bmp", write.bmp(three, W, H, 24))
keep("rgb24-os2.bmp", write.bmp(three, W, H, 24, size=12))
keep("rgb24-top-v5.bmp", write.bmp(three, W, -H, 24, size=124))
keep("rgb24-unpadded.bmp", write.bmp(three, W, H, 24, padded=False))
keep("rgb32.bmp", write.bmp(four, W, H, 32))
for masks in [(0xFF0000, 0xFF00, 0xFF, 0xFF000000), (0xFF, 0xFF00, 0xFF0000, 0xFF000000),
              (0xFF000000, 0xFF0000, 0xFF00, 0xFF), (0xFF000000, 0xFF00, 0xFF, 0),
              (0, 0, 0, 0), (0xFF, 0xFF00, 0xFF0000, 0)]:
    name = "-".join(f"{m:x}" for m in masks)
    keep(f"masks-{name}.bmp", write.bmp(four, W, H, 32, compression=3, masks=masks, size=56))
runs = b"".join(bytes([30, 200, 0, 7]) + bytes(range(7)) + b"\0\0\0" for _ in range(H)) + b"\0\1"
keep("rle8.bmp", write.bmp(runs, W, H, 8, colours_of(256), compression=1))
delta = bytes([0, 2, 5, 2, 20, 9, 0, 0]) + runs
keep("rle8-delta.bmp", write.bmp(delta, W, H, 8, colours_of(256), compression=1))
keep("rle8-early.bmp", write.bmp(runs[:50] + b"\0\1", W, H, 8, colours_of(256), compression=1))
keep("rle8-cut.bmp", write.bmp(runs[:50], W, H, 8, colours_of(256), compression=1))
fours = b"".join(bytes([31, 0x5A, 0, 6, 0x12, 0x34, 0x56, 0, 0, 0]) for _ in range(H)) + b"\0\1"
keep("rle4.bmp", write.bmp(fours, W, H, 4, colours_of(16), compression=2))
keep("rle4-top.bmp", write.bmp(fours, W, -H, 4, colours_of(16), compression=2))
keep("jpeg.bmp", write.bmp(three, W, H, 24, compression=4))
keep("bits2.bmp", write.bmp(write.bits_of(scene(1, depth=2), 2), W, H, 2, colours_of(4)))
keep("header64.bmp", write.bmp(three, W, H, 24, size=64))
keep("half.bmp", pictures["rgb24.bmp"][:1500])
keep("cut-palette.bmp", pictures["palette8.bmp"][:400])
keep("huge.bmp", write.bmp(three, 60000, 60000, 24))
keep("size1x1.bmp", write.bmp(write.bits_of(scene(3, 1, 1), 8), 1, 1, 24))

exec((here / "odd_tiffs.py").read_text())

# EXIF
quarter = Image.fromarray(scene(3, 11, 14))
for number in range(1, 9):
    blob = write.exif(number, endian="<>"[number % 2])
    keep(f"turned{number}.jpg", saved(quarter, "JPEG", exif=blob))
    keep(f"turned{number}.png", saved(quarter, "PNG", exif=blob))
    keep(f"turned{number}.webp", saved(quarter, "WEBP", lossless=True, exif=blob))
    keep(f"turned{number}.tif", write.tiff(scene(3, 11, 14), 2, tags=[(274, 3, [number])]))
for name, blob in {
    "long": write.exif(6, kind=4), "signed": write.exif(6, kind=9), "byte": write.exif(6, kind=1),
    "two": write.exif(6, count=2), "nine": write.exif(9), "zero": write.exif(0),
    "later": write.exif(8, extra=30), "title-twice": b"Exif\0\0" + write.exif(6),
    "cut": write.exif(6)[:20], "no-folder": b"Exif\0\0II*\0\xff\xff\xff\xff",
    "itself": b"Exif\0\0II*\0\0\0\0\0", "noise": b"Exif\0\0" + bytes(range(200)),
    "many": b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + bytes(40), "empty": b"Exif\0\0",
    "far": write.exif(6, count=9999),
}.items():
    keep(f"exif-{name}.jpg", saved(quarter, "JPEG", exif=blob))
plain, blob = saved(quarter, "PNG"), write.exif(6, title=b"")
keep("exif-late.png", write.png_with(plain, b"eXIf", blob, at_end=True))
keep("exif-twice.png", write.png_with(
    write.png_with(plain, b"eXIf", blob), b"eXIf", write.exif(3, title=b""), at_end=True))

# What is none of these
keep("empty.jpg", b"")
keep("zeros.png", bytes(500))
keep("text.tif", b"no picture at all\n")
keep("png.jpg", pictures["colour.png"])
keep("webp.gif", pictures["lossy.webp"])
keep("heic.jpg", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))
keep("avif.png", b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + bytes(100))


def digest(image):
    return hashlib.sha256(image.tobytes()).hexdigest()


def judged(path):
    try:
        with Image.open(path) as image:
            rgb = image.convert("RGB")
        with Image.open(path) as image:
            grey = image.convert("L")
        entry = {"width": rgb.width, "height": rgb.height, "rgb": digest(rgb), "l": digest(grey)}
    except Exception as error:
        return {"pillow": f"{type(error).__name__}: {error}".replace(str(path), path.name)}
    try:
        with Image.open(path) as image:
            entry["turned"] = digest(ImageOps.exif_transpose(image).convert("RGB"))
    except Exception as error:
        # EXIF that cannot be read: no turning.
        entry["turned"], entry["exif"] = entry["rgb"], f"{type(error).__name__}: {error}"
    return entry


warnings.simplefilter("ignore")
refusals = json.loads((here / "odd_image_refusals.json").read_text())
assert set(refusals) <= set(pictures), set(refusals) - set(pictures)
entries = {}
for name, data in sorted(pictures.items()):
    (root / name).write_bytes(data)
    entries[name] = judged(root / name)
    if name in refusals:
        entries[name] = entries[name] | {"refused": refusals[name]}
(root / "odd.json").write_text(json.dumps(entries, indent=1) + "\n")
size = sum(len(data) for data in pictures.values())
print(f"{len(pictures)} pictures, {size} bytes; Pillow refuses",
      sum("pillow" in e for e in entries.values()))
