#!/usr/bin/env python3
"""Makes the archives beside this file: a few good ones, and many that mean harm.

Each is below 20 kB. A good one holds a folder `data`; whoever unpacks a hostile one must leave
nothing behind. Python's own modules write what they can, and bytes are patched where they refuse.
"""
import gzip
import io
import pathlib
import random
import stat
import struct
import tarfile
import zipfile

HERE = pathlib.Path(__file__).parent
GOOD, HOSTILE = HERE / "good", HERE / "hostile"
EPOCH = (2020, 1, 1, 0, 0, 0)


def member(name, kind=tarfile.REGTYPE, link="", size=None, pax=None):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    info.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
    if size is not None:
        info.size = size
    if pax:
        info.pax_headers = pax
    return info


def tar(members, format=tarfile.PAX_FORMAT):
    """Bytes of a tar of (TarInfo, content) pairs."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format, encoding="utf-8") as archive:
        for info, content in members:
            if content is None:
                archive.addfile(info)
            else:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def save_tar(name, members, format=tarfile.PAX_FORMAT, folder=HOSTILE):
    save(folder / f"{name}.tar.gz", zipped(tar(members, format)))


def zipped(data):
    return gzip.compress(data, 9, mtime=0)


def save(path, data):
    assert len(data) < 20_000, f"{path}: {len(data)} bytes"
    path.write_bytes(data)


def entry(name, kind=stat.S_IFREG, compress=zipfile.ZIP_DEFLATED):
    info = zipfile.ZipInfo(name, EPOCH)
    info.create_system = 3
    info.external_attr = (kind | 0o644) << 16
    info.compress_type = compress
    return info


def zip_bytes(entries):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for info, content in entries:
            archive.writestr(info, content)
    return out.getvalue()


def save_zip(name, entries, folder=HOSTILE, patch=lambda data: data):
    save(folder / f"{name}.zip", patch(zip_bytes(entries)))


OK = (member("data/ok"), b"harmless")
ZIP_OK = (entry("data/ok"), b"harmless")


def good():
    noise = random.Random(1).randbytes(3000)
    members = [
        (member("./", tarfile.DIRTYPE), None),
        (member("./data", tarfile.DIRTYPE), None),
        (member("./data/train/n01/a.bin"), noise),
        (member("./data/empty"), b""),
        (member("./data/void", tarfile.DIRTYPE), None),
        (member("./data/Größe.txt"), b"text"),
        (member("./other/file"), b"passed over"),
    ]
    save(GOOD / "plain.tar", tar(members))
    save_tar("plain", members, folder=GOOD)
    save_tar("gnu", members, tarfile.GNU_FORMAT, folder=GOOD)
    save_zip(
        "plain",
        [
            (entry("data/", stat.S_IFDIR), b""),
            (entry("data/train/n01/a.bin"), noise),
            (entry("data/empty"), b""),
            (entry("data/void/", stat.S_IFDIR), b""),
            (entry("data/Größe.txt", compress=zipfile.ZIP_STORED), b"text"),
            (entry("other/file"), b"passed over"),
        ],
        folder=GOOD,
    )


def hostile_names():
    for name, path in {
        "dotdot": "../escape",
        "dotdot-inside": "data/../../escape",
        "dotdot-hidden": "data/./x/../../../escape",
        "dotdot-last": "data/..",
        "absolute": "/tmp/lls-escape",
        "absolute-slashes": "//tmp/lls-escape",
        "backslash": "data\\..\\..\\escape",
        "newline": "data/a\nb",
        "escape-sequence": "data/\x1b[2J",
        "deep": "data/" + "d/" * 40 + "f",
        "long-component": "data/" + "n" * 300,
        "long-path": "data/" + ("p" * 200 + "/") * 8 + "f",
    }.items():
        save_tar(f"name-{name}", [OK, (member(path), b"evil")])
        if name not in ("deep", "long-component", "long-path"):
            save_zip(f"name-{name}", [ZIP_OK, (entry(path), b"evil")])
    save_tar("name-gnu-long", [OK, (member("../" * 40 + "escape"), b"evil")], tarfile.GNU_FORMAT)
    save_tar("name-pax", [OK, (member("data/x", pax={"path": "../../escape"}), b"evil")])
    save_tar("name-folder", [OK, (member("../escape", tarfile.DIRTYPE), None)])
    save_tar("name-empty", [OK, (member(""), b"evil")])
    latin = tar([OK, (member("data/XX"), b"evil")]).replace(b"data/XX", b"data/\xe9\xff")
    save(HOSTILE / "name-not-utf8.tar.gz", zipped(fix_sums(latin)))


def fix_sums(data):
    """Corrects the check sum of every header of a tar without extended headers."""
    data, position = bytearray(data), 0
    while data[position:position + 1] not in (b"\0", b""):
        header = data[position:position + 512]
        header[148:156] = b" " * 8
        data[position + 148:position + 156] = b"%06o\0 " % sum(header)
        position += 512 + -(-int(header[124:135], 8) // 512) * 512
    return bytes(data)


def hostile_kinds():
    link, hard = tarfile.SYMTYPE, tarfile.LNKTYPE
    save_tar("link-absolute", [OK, (member("data/l", link, "/etc/passwd"), None)])
    save_tar("link-relative", [OK, (member("data/l", link, "../../escape"), None)])
    save_tar("link-inside", [OK, (member("data/l", link, "ok"), None)])
    save_tar("link-folder", [
        OK, (member("data/l", link, "/tmp"), None), (member("data/l/lls-escape"), b"evil")])
    save_tar("link-root", [
        (member("data", link, "/tmp"), None), (member("data/lls-escape"), b"evil")])
    save_tar("hard-link-outside", [OK, (member("data/l", hard, "/etc/passwd"), None)])
    save_tar("hard-link-inside", [OK, (member("data/l", hard, "data/ok"), None)])
    for name, kind in {
        "device-character": tarfile.CHRTYPE, "device-block": tarfile.BLKTYPE,
        "pipe": tarfile.FIFOTYPE,
    }.items():
        save_tar(name, [OK, (member("data/d", kind), None)])
    save_zip("link", [ZIP_OK, (entry("data/l", stat.S_IFLNK), b"/etc/passwd")])
    save_zip("device", [ZIP_OK, (entry("data/d", stat.S_IFCHR), b"")])
    save_tar("twice", [OK, OK])
    save_tar("file-then-folder", [OK, (member("data/ok/x"), b"evil")])
    save_tar("folder-then-file", [
        (member("data/ok", tarfile.DIRTYPE), None), OK])
    save_tar("root-is-file", [(member("data"), b"evil")])
    save_tar("no-root", [(member("elsewhere/ok"), b"harmless")])
    save_tar("only-folders", [(member("data/a", tarfile.DIRTYPE), None)])


def hostile_sizes():
    zeros = bytes(8 << 20)
    save_tar("bomb", [OK, (member("data/zeros"), zeros)])
    save_zip("bomb", [ZIP_OK, (entry("data/zeros"), zeros)])
    save_tar("many", [(member(f"data/{i}"), b"") for i in range(1500)])
    sparse = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "data/sparse",
              "GNU.sparse.realsize": str(1 << 40)}
    save_tar("sparse", [OK, (member("data/x", pax=sparse), b"0\n".ljust(512, b"\0"))])
    plain = tar([OK])
    huge = bytearray(plain)
    huge[124:136] = b"77777777777\0"
    save(HOSTILE / "size-huge.tar.gz", zipped(fix_first_sum(huge)))
    negative = bytearray(plain)
    negative[124:136] = b"\xff" * 12
    save(HOSTILE / "size-negative.tar.gz", zipped(fix_first_sum(negative)))


def fix_first_sum(data):
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data[:512])
    return bytes(data)


def hostile_bytes():
    noise = random.Random(2).randbytes(4000)
    whole = tar([OK, (member("data/noise"), noise)])
    packed = zipped(whole)
    save(HOSTILE / "cut-gzip.tar.gz", packed[:2000])
    save(HOSTILE / "cut-tar.tar.gz", zipped(whole[:3000]))
    save(HOSTILE / "cut-header.tar.gz", zipped(whole[:1300]))
    broken = bytearray(whole)
    broken[1024 + 148] ^= 1
    save(HOSTILE / "sum-wrong.tar.gz", zipped(bytes(broken)))
    save(HOSTILE / "deflate-wrong.tar.gz", zipped(whole[:600])[:12] + b"\xff" * 300)
    save(HOSTILE / "empty.tar.gz", zipped(bytes(10240)))
    save(HOSTILE / "zero-bytes.tar.gz", b"")
    save(HOSTILE / "text.tar.gz", b"<!DOCTYPE html><html>Not Found</html>")
    entries = [ZIP_OK, (entry("data/noise", compress=zipfile.ZIP_STORED), noise)]
    save_zip("cut", entries, patch=lambda data: data[:2000])
    save_zip("crc-wrong", entries, patch=lambda data: data.replace(noise[:8], bytes(8), 1))

    def everywhere(offsets, value):
        """Patches a field of every local (PK34) and central (PK12) header."""
        def patch(data):
            data = bytearray(data)
            for mark, offset in zip((b"PK\3\4", b"PK\1\2"), offsets):
                at = data.find(mark)
                while at >= 0:
                    struct.pack_into("<H", data, at + offset, value)
                    at = data.find(mark, at + 4)
            return bytes(data)
        return patch

    save_zip("encrypted", entries, patch=everywhere((6, 8), 1))
    save_zip("method-unknown", entries, patch=everywhere((8, 10), 77))


for folder in (GOOD, HOSTILE):
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
good()
hostile_names()
hostile_kinds()
hostile_sizes()
hostile_bytes()
print(len(list(GOOD.iterdir())), "good,", len(list(HOSTILE.iterdir())), "hostile")
