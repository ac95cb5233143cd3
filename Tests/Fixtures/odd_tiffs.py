# TIFF, as a part of make_odd_images.py.
for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits", "jpeg"):
    for name, image in {"rgb": picture, "grey": Image.fromarray(grey)}.items():
        keep(f"{name}-{compression}.tif", saved(image, "TIFF", compression=compression))
keep("jpeg-ycbcr-lzw.tif", saved(picture.convert("YCbCr"), "TIFF", compression="tiff_lzw"))
keep("jpeg-worst.tif", saved(picture, "TIFF", compression="jpeg", quality=5))
keep("cmyk-jpeg.tif", saved(scene(4), "TIFF", mode="CMYK", compression="jpeg"))
bilevel = Image.fromarray(grey).convert("1")
for compression in ("raw", "tiff_ccitt", "group3", "group4", "packbits"):
    keep(f"bilevel-{compression}.tif", saved(bilevel, "TIFF", compression=compression))
keep("rgba.tif", saved(scene(4), "TIFF", mode="RGBA", compression="tiff_lzw"))
keep("pages.tif", saved(picture, "TIFF", save_all=True, append_images=others))
ramps = [int(v) * 257 for v in scene(3, 1, 256).reshape(-1, 3).T.reshape(-1)]
for depth in (1, 2, 4, 8):
    image = scene(1, depth=depth)
    colours = [ramps[256 * c + i] for c in range(3) for i in range(1 << depth)]
    keep(f"palette{depth}.tif", write.tiff(image, 3, depth, palette=colours))
    keep(f"black{depth}.tif", write.tiff(image, 1, depth, rows_per_strip=5))
    keep(f"white{depth}.tif", write.tiff(image, 0, depth, compression=8))
    keep(f"reversed{depth}.tif", write.tiff(image, 1, depth, fill=2))
keep("grey16.tif", write.tiff(scene(1, depth=16), 1, 16))
low = scene(1, depth=16) // 200
keep("grey16-low.tif", write.tiff(low, 1, 16))
keep("grey16-big.tif", write.tiff(low, 1, 16, endian=">"))
keep("grey16-big-deflate.tif", write.tiff(low, 1, 16, endian=">", compression=8))
keep("grey16-predictor.tif", write.tiff(low, 1, 16, compression=8, predictor=2))
keep("white16.tif", write.tiff(low, 0, 16))
keep("signed16.tif", write.tiff(low, 1, 16, sample_format=2))
keep("grey32.tif", write.tiff(low, 1, 32))
keep("float.tif", write.tiff(scene(1).astype(np.float32), 1, 32, sample_format=3))
keep("rgb16.tif", write.tiff(scene(3, depth=16), 2, 16))
keep("rgb16-big.tif", write.tiff(scene(3, depth=16), 2, 16, endian=">"))
keep("rgba16-deflate.tif", write.tiff(scene(4, depth=16), 2, 16, compression=8, extra=(2,)))
keep("rgb16-planar.tif", write.tiff(scene(3, depth=16), 2, 16, planar=True))
keep("rgb-predictor.tif", write.tiff(colour, 2, compression=8, predictor=2))
keep("rgb-big.tif", write.tiff(colour, 2, endian=">", rows_per_strip=4))
keep("rgb-bigtiff.tif", write.tiff(colour, 2, big=True))
keep("rgb-reversed.tif", write.tiff(colour, 2, fill=2))
keep("rgba-reversed.tif", write.tiff(scene(4), 2, fill=2, extra=(2,)))
keep("rgb-packbits-strips.tif", write.tiff(colour, 2, compression=32773, rows_per_strip=7))
for name, options in {"raw": {}, "deflate": {"compression": 8}}.items():
    keep(f"tiled-{name}.tif", write.tiff(colour, 2, tile=(16, 16), **options))
    keep(f"tiled-grey-{name}.tif", write.tiff(grey, 1, tile=(32, 16), endian=">", **options))
    keep(f"planar-{name}.tif", write.tiff(colour, 2, planar=True, rows_per_strip=8, **options))
    keep(f"planar-tiled-{name}.tif", write.tiff(colour, 2, planar=True, tile=(16, 16), **options))
    keep(f"planar-rgba-{name}.tif", write.tiff(scene(4), 2, planar=True, extra=(2,), **options))
    keep(f"planar-cmyk-{name}.tif", write.tiff(scene(4), 5, planar=True, **options))
    keep(f"cmyk-{name}.tif", write.tiff(scene(4), 5, **options))
    keep(f"lab-{name}.tif", write.tiff(colour, 8, **options))
    keep(f"premultiplied-{name}.tif", write.tiff(scene(4), 2, extra=(1,), **options))
    keep(f"la-{name}.tif", write.tiff(scene(2), 1, extra=(2,), **options))
    keep(f"rgbx-{name}.tif", write.tiff(scene(5), 2, extra=(0, 0), **options))
keep("tile-wide.tif", write.tiff(colour, 2, tile=(64, 32)))
keep("tiled-bits.tif", write.tiff(scene(1, depth=1), 1, 1, tile=(16, 16)))
keep("premultiplied16.tif", write.tiff(scene(4, depth=16), 2, 16, extra=(1,)))
keep("cmyk16.tif", write.tiff(scene(4, depth=16), 5, 16))
keep("rgba-untold.tif", write.tiff(scene(4), 2))
keep("la-untold.tif", write.tiff(scene(2), 1))
keep("la-premultiplied.tif", write.tiff(scene(2), 1, extra=(1,)))
keep("ycbcr.tif", write.tiff(colour, 6, tags=[(530, 3, [1, 1])]))
keep("huge-tile.tif", write.tiff(grey, 1, tags=[(322, 4, [60000]), (323, 4, [60000])]))
keep("huge.tif", write.tiff(grey, 1, tags=[(256, 4, [60000]), (257, 4, [60000])]))
for width, height in [(1, 1), (1, 29), (210, 1)]:
    keep(f"size{width}x{height}.tif", write.tiff(scene(3, height, width), 2, compression=8))
for name in ("rgb-raw", "rgb-tiff_lzw", "rgb-jpeg", "bilevel-group4", "tiled-deflate", "rgb-big"):
    data = pictures[f"{name}.tif"]
    keep(f"half-{name}.tif", data[: len(data) // 2])
# The folder in front, the pixels at the end: grey needs no values outside the folder.
for name, share in {"folder-first": 1, "half-pixels": 2}.items():
    shifted = write.tiff(grey, 1)
    at = struct.unpack("<I", shifted[4:8])[0]
    folder = shifted[at:].replace(
        struct.pack("<HHII", 273, 4, 1, 8), struct.pack("<HHII", 273, 4, 1, 8 + len(shifted) - at))
    pixels = shifted[8 : at // share]
    keep(f"{name}.tif", b"II*\0" + struct.pack("<I", 8) + folder + pixels)
