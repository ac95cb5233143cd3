#!/usr/bin/env python3
"""Compares which safetensors files lls accepts with what Python's library accepts.

    pip install safetensors
    Scripts/fuzz 60 safetensors                  # builds .build-fuzz/fuzz, and finds files worth mutating
    python3 Scripts/compare_safetensors.py [COUNT [FUZZ [FOLDER OF MORE FILES]]]

Files are mutated at random, from a fixed seed. Every kind of difference is printed with its number.
"""
import collections, json, os, pathlib, random, struct, subprocess, sys, tempfile
import safetensors

count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
fuzz = sys.argv[2] if len(sys.argv) > 2 else ".build-fuzz/fuzz"
more = sys.argv[3] if len(sys.argv) > 3 else ".build-fuzz/corpus/safetensors"
folders = [pathlib.Path("Fuzz/Corpus/safetensors"), pathlib.Path(more)]
seeds = [p.read_bytes() for folder in folders if folder.is_dir() for p in sorted(folder.iterdir())]
random = random.Random(1)


def header(data):
    """The parsed header and the tensors' bytes; None if there is no header."""
    try:
        length = struct.unpack("<Q", data[:8])[0]
        fields = json.loads(data[8 : 8 + length])
        return (fields, data[8 + length :]) if isinstance(fields, dict) else None
    except Exception:
        return None


def joined(fields, tensors):
    text = json.dumps(fields).encode()
    return struct.pack("<Q", len(text)) + text + tensors


def mutate(data):
    for _ in range(random.choice([1, 1, 1, 2])):
        kind = random.choice([0, 0, 1, 2, 3, 3, 3, 4, 4, 5, 6, 6])
        parts = header(data)
        if kind == 0 and data:  # a byte
            at = random.randrange(len(data))
            data = data[:at] + bytes([random.randrange(256)]) + data[at + 1 :]
        elif kind == 1:  # an end
            data = data[: random.randrange(len(data) + 1)]
        elif kind == 2:  # more bytes
            data += bytes(random.randrange(1, 9))
        elif kind == 3 and parts and parts[0]:  # a value in the header
            name = random.choice(list(parts[0]))
            entry = parts[0][name]
            if isinstance(entry, dict) and entry:
                key = random.choice(list(entry))
                values = ["F32", "F16", "BF16", "I64", "U8", "X9", [], [0], [2, 2], [1 << 40], [-1], [1.5], [0, 4], [4, 0], None, {}]
                entry[key] = random.choice(values)
            data = joined(*parts)
        elif kind == 4 and parts and len(parts[0]) > 1:  # a tensor less, or two exchanged
            names = random.sample(list(parts[0]), 2)
            if random.random() < 0.5:
                del parts[0][names[0]]
            else:
                parts[0][names[0]], parts[0][names[1]] = parts[0][names[1]], parts[0][names[0]]
            data = joined(*parts)
        elif kind == 6 and parts:  # the text of the header, not what it says
            text = json.dumps(parts[0], indent=random.choice([None, 1]), ensure_ascii=random.random() < 0.5)
            text = random.choice([text, text + " " * random.randrange(9), " " + text, text.replace('"', "'", 1)])
            data = struct.pack("<Q", len(text.encode())) + text.encode() + parts[1]
        elif kind == 5 and len(data) >= 8:  # the header's length
            length = struct.unpack("<Q", data[:8])[0]
            data = struct.pack("<Q", (length + random.choice([-1, 1, 8, 1 << 32, 1 << 63])) % (1 << 64)) + data[8:]
    return data


def theirs(data):
    try:
        safetensors.deserialize(data)
        return "accepted"
    except Exception as error:
        return f"refused: {error}"


# What Python refuses has few neighbours that it accepts.
seeds = [seed for seed in seeds if theirs(seed) == "accepted"]
with tempfile.TemporaryDirectory() as folder:
    files, expected = [], []
    for index in range(count):
        data = mutate(random.choice(seeds))
        path = os.path.join(folder, f"{index:06}")
        pathlib.Path(path).write_bytes(data)
        files.append(path)
        expected.append(theirs(data))
    found = []
    for start in range(0, count, 500):
        verdicts = os.path.join(folder, "verdicts")
        subprocess.run(
            # To look for leaks it would try some files twice.
            [fuzz, "-detect_leaks=0", *files[start : start + 500]], check=True, stderr=subprocess.DEVNULL,
            env={**os.environ, "FUZZ_READER": "safetensors", "FUZZ_VERDICTS": verdicts})
        found += pathlib.Path(verdicts).read_bytes().split(b"\n")[:-1]
    assert len(found) == count, f"{len(found)} verdicts of {count} files"
    ours = [line.decode(errors="replace") for line in found]
    accepted = [v.startswith("accepted") for v in ours], [v.startswith("accepted") for v in expected]
    kinds, examples = collections.Counter(), {}
    for index, (own, other) in enumerate(zip(*accepted)):
        if own == other:
            continue
        reason = (expected if own else ours)[index].split(folder)[-1]
        reason = "".join("N" if c.isdigit() else c for c in reason)[-110:]
        kind = ("only lls accepts; Python " if own else "only Python accepts; lls ") + reason
        kinds[kind] += 1
        examples.setdefault(kind, pathlib.Path(files[index]).read_bytes()[:400])
    print(f"{count} files: both accept {sum(a and b for a, b in zip(*accepted))}, "
          f"both refuse {sum(not a and not b for a, b in zip(*accepted))}, differ {sum(kinds.values())}")
    for kind, number in kinds.most_common():
        print(f"{number:6} {kind}\n       {examples[kind]}")
