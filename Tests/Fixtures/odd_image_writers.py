"""Writers of what Pillow does not write, for make_odd_images.py."""

import ctypes
import struct
import zlib

import numpy as np


def bits_of(array, depth, order="big"):
    """Rows of samples, padded to whole bytes."""
    array = np.asarray(array)
    rows = array.reshape(array.shape[0], -1)
    if depth == 16:
        return [row.astype(">u2" if order == "big" else "<u2").tobytes() for row in rows]
    if depth == 8:
        return [row.astype(np.uint8).tobytes() for row in rows]
    result = []
    for row in rows:
        bits = "".join(format(int(value), f"0{depth}b") for value in row)
        bits += "0" * (-len(bits) % 8)
        result.append(int(bits, 2).to_bytes(len(bits) // 8, "big"))
    return result


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(array, colour, depth, interlaced=False, before=(), after=()):
    height, width = array.shape[:2]
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
              (1, 0, 2, 1)] if interlaced else [(0, 0, 1, 1)]
    data = b""
    for top, left, down, right in passes:
        part = array[top::down, left::right]
        if part.size:
            data += b"".join(b"\0" + row for row in bits_of(part, depth))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    return (
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header)
        + b"".join(png_chunk(*c) for c in before) + png_chunk(b"IDAT", zlib.compress(data, 9))
        + b"".join(png_chunk(*c) for c in after) + png_chunk(b"IEND", b""))


def png_with(data, kind, content, at_end=False):
    """A PNG with one more chunk, after its header or at its end."""
    place = len(data) - 12 if at_end else 33
    return data[:place] + png_chunk(kind, content) + data[place:]


def bmp(rows, width, height, bits, palette=b"", size=40, compression=0, masks=(), colours=0,
        planes=1, offset=None, padded=True):
    """`rows` are those of the file, first the lowest unless the height is negative."""
    if size == 12:
        header = struct.pack("<IHHHH", 12, width, height, planes, bits)
    else:
        header = struct.pack("<IiiHHIIiiII", size, width, height, planes, bits, compression, 0, 2835,
                             2835, colours, 0)
        extra = struct.pack(f"<{len(masks)}I", *masks)
        header += extra.ljust(size - 40, b"\0") if size > 40 else extra
    data = rows if isinstance(rows, bytes) else b"".join(
        row.ljust(-(-len(row) // 4) * 4, b"\0") if padded else row for row in rows)
    start = 14 + len(header) + len(palette) if offset is None else offset
    return b"BM" + struct.pack("<IHHI", start + len(data), 0, 0, start) + header + palette + data


def gif_codes(indices, bits=8):
    """LZW that never grows its table: a code to clear it in front of every few pixels."""
    clear, size = 1 << bits, bits + 1
    codes = []
    for start in range(0, len(indices), (1 << bits) - 2):
        codes += [clear] + [int(i) for i in indices[start : start + (1 << bits) - 2]]
    codes.append(clear + 1)
    number = sum(code << (size * place) for place, code in enumerate(codes))
    data = number.to_bytes(-(-len(codes) * size // 8), "little")
    blocks = [data[i : i + 255] for i in range(0, len(data), 255)]
    return bytes([bits]) + b"".join(bytes([len(b)]) + b for b in blocks) + b"\0"


def gif(array, palette=b"", local=b"", screen=None, at=(0, 0), transparent=None, interlaced=False,
        background=0, extensions=b"", trailer=b";"):
    def flags(colours):
        return 0x80 | (len(colours) // 3).bit_length() - 2 if colours else 0

    height, width = array.shape
    screen = screen or (width, height)
    rows = list(array)
    if interlaced:
        rows = [r for a, b in [(0, 8), (4, 8), (2, 4), (1, 2)] for r in array[a::b]]
    data = b"GIF89a" + struct.pack("<HHBBB", *screen, flags(palette), background, 0) + palette
    data += extensions
    if transparent is not None:
        data += b"!\xf9\x04" + struct.pack("<BHB", 1, 0, transparent) + b"\0"
    data += b"," + struct.pack("<HHHHB", *at, width, height, flags(local) | interlaced << 6) + local
    return data + gif_codes(np.concatenate(rows)) + trailer


def webp_animation(frames, canvas):
    """Still images without extras as frames: (bytes, left, top), places even."""
    def chunk(kind, data):
        return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)

    def three(value):
        return struct.pack("<I", value)[:3]

    body = chunk(b"VP8X", bytes([0x12, 0, 0, 0]) + three(canvas[0] - 1) + three(canvas[1] - 1))
    body += chunk(b"ANIM", struct.pack("<IH", 0xFF00FF00, 0))
    for data, left, top, width, height in frames:
        body += chunk(b"ANMF", three(left // 2) + three(top // 2) + three(width - 1)
                      + three(height - 1) + three(100) + b"\0" + data[12:])
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def packbits(data):
    return b"".join(
        bytes([len(data[i : i + 128]) - 1]) + data[i : i + 128] for i in range(0, len(data), 128))


def tiff(array, photometric, depth=8, endian="<", compression=1, rows_per_strip=None, tile=None,
         planar=False, extra=(), palette=None, fill=1, predictor=1, sample_format=None, tags=(),
         big=False):
    """One image; `tile` is (width, height), `tags` are more of (number, type, values)."""
    array = np.asarray(array)
    array = array if array.ndim == 3 else array[..., None]
    height, width, samples = array.shape
    order = "big" if endian == ">" else "little"
    parts = []
    for plane in [array[..., s : s + 1] for s in range(samples)] if planar else [array]:
        down, right = (tile[1], tile[0]) if tile else (rows_per_strip or height, width)
        for top in range(0, height, down):
            for left in range(0, width, right):
                part = plane[top : top + down, left : left + right]
                if tile:
                    pad = [(0, down - part.shape[0]), (0, right - part.shape[1]), (0, 0)]
                    part = np.pad(part, pad)
                if predictor == 2:
                    part = part.copy()
                    part[:, 1:] -= part[:, :-1].copy()
                if part.dtype.kind == "f":
                    data = part.astype(endian + "f4").tobytes()
                elif depth == 32:
                    data = part.astype(endian + "u4").tobytes()
                else:
                    data = b"".join(bits_of(part, depth, order))
                data = {1: bytes, 8: zlib.compress, 32946: zlib.compress, 32773: packbits}[
                    compression](data)
                if fill == 2:
                    data = bytes(int(format(b, "08b")[::-1], 2) for b in data)
                parts.append(data)
    entries = {256: (4, [width]), 257: (4, [height]), 258: (3, [depth] * samples),
               259: (3, [compression]), 262: (3, [photometric]), 277: (3, [samples])}
    if planar:
        entries[284] = (3, [2])
    if fill != 1:
        entries[266] = (3, [fill])
    if extra:
        entries[338] = (3, list(extra))
    if palette is not None:
        entries[320] = (3, list(palette))
    if predictor != 1:
        entries[317] = (3, [predictor])
    if sample_format:
        entries[339] = (3, [sample_format] * samples)
    if tile:
        entries[322], entries[323] = (3, [tile[0]]), (3, [tile[1]])
    else:
        entries[278] = (4, [rows_per_strip or height])
    for number, kind, values in tags:
        entries[number] = (kind, values)
    start = 16 if big else 8
    offsets = [start + sum(map(len, parts[:i])) for i in range(len(parts))]
    entries[324 if tile else 273] = (4, offsets)
    entries[325 if tile else 279] = (4, [len(p) for p in parts])
    body = b"".join(parts)
    body += b"\0" * (len(body) % 2)
    folder_at = start + len(body)
    entry_size, inline = (20, 8) if big else (12, 4)
    count_size = 8 if big else 2
    values_at = folder_at + count_size + entry_size * len(entries) + inline
    folder, values = struct.pack(endian + ("Q" if big else "H"), len(entries)), b""
    for number in sorted(entries):
        kind, content = entries[number]
        data = struct.pack(endian + f"{len(content)}" + {1: "B", 3: "H", 4: "I"}[kind], *content)
        folder += struct.pack(endian + ("HHQ" if big else "HHI"), number, kind, len(content))
        if len(data) <= inline:
            folder += data.ljust(inline, b"\0")
        else:
            folder += struct.pack(endian + ("Q" if big else "I"), values_at + len(values))
            values += data + b"\0" * (len(data) % 2)
    mark = b"MM" if endian == ">" else b"II"
    head = struct.pack(endian + "HHHQ", 43, 8, 0, folder_at) if big else struct.pack(
        endian + "HI", 42, folder_at)
    return mark + head + body + folder + b"\0" * inline + values


def turbo_jpeg(array, subsampling, quality=85):
    """Subsamplings that Pillow does not write, by their numbers in turbojpeg.h: 4 is 4:4:0, 5 4:1:1."""
    library = ctypes.CDLL("libturbojpeg.so.0")
    library.tjInitCompress.restype = ctypes.c_void_p
    handle = ctypes.c_void_p(library.tjInitCompress())
    height, width = array.shape[:2]
    pixels, data, size = array.tobytes(), ctypes.c_void_p(), ctypes.c_ulong()
    library.tjCompress2(handle, pixels, width, 0, height, 0, ctypes.byref(data), ctypes.byref(size),
                        subsampling, quality, 0)
    return ctypes.string_at(data, size.value)


def exif(orientation, endian="<", kind=3, count=1, title=b"Exif\0\0", extra=0):
    """EXIF with the one tag, after `extra` others."""
    mark = b"MM\0*" if endian == ">" else b"II*\0"
    letter = {1: "B", 3: "H", 4: "I", 9: "i"}[kind]
    value = struct.pack(endian + letter, orientation) * count
    entries = [struct.pack(endian + "HHII", 200 + i, 4, 1, i) for i in range(extra)]
    entries.append(struct.pack(endian + "HHI", 274, kind, count) + value.ljust(4, b"\0")[:4])
    return (title + mark + struct.pack(endian + "IH", 8, len(entries)) + b"".join(entries)
            + b"\0" * 4)
