"""What the benchmarks share: programs that print JSON, taken in turn, and their medians."""
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
LLS = str(ROOT / ".build/release/lls")
BUILT = ROOT / ".build/benchmarks"
PYTHON = os.environ.get("PYTHON", "python3")


def note(text):
    print("bench: " + text, file=sys.stderr, flush=True)


def run(*command, environment=None):
    """The last line that `command` prints, as JSON; None, and a note, where it fails."""
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                            cwd=ROOT, env={**os.environ, **(environment or {})})
    if result.returncode == 0 and result.stdout.strip():
        return json.loads(result.stdout.strip().splitlines()[-1])
    reason = (result.stderr.strip() or "nothing printed").splitlines()[-1]
    note(f"{' '.join(map(str, command))} failed ({result.returncode}): {reason}")
    return None


def lls(*arguments, **options):
    return run(LLS, *arguments, "--json", **options)


def compile_program(name, *libraries):
    """A C program of this folder, compiled; None, and a note, where that cannot be done."""
    BUILT.mkdir(parents=True, exist_ok=True)
    compiler, target = shutil.which("cc") or shutil.which("clang"), BUILT / name
    if compiler is None:
        note(f"no C compiler, so no {name}")
        return None
    result = subprocess.run(
        [compiler, "-O2", "-ffp-contract=fast", "-pthread", ROOT / f"Benchmarks/{name}.c", "-o",
         target, *libraries], capture_output=True, text=True)
    if result.returncode != 0:
        note(f"{name} does not compile, so it is left out: {result.stderr.splitlines()[0]}")
        return None
    return str(target)


def opencl_devices():
    """Every OpenCL device that computes, as `lls devices --json` describes it."""
    result = subprocess.run([LLS, "devices", "--json"], capture_output=True, text=True)
    found = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
    return [device for device in found if device["status"] == "ok"]


def has_torch():
    return subprocess.run([PYTHON, "-c", "import torch"], capture_output=True).returncode == 0


def in_turn(contestants, rounds):
    """The values of `{name: function}`, each called once a round: {name: [value, …]}. A contestant
    that fails once is left out from then on, and of the result."""
    values = {name: [] for name in contestants}
    for number in range(rounds):
        for name in list(values):
            value = contestants[name]()
            note(f"  round {number + 1} of {rounds}: {name}: "
                 + ("failed" if value is None else f"{value:.4g}"))
            if value is None:
                del values[name]
            else:
                values[name].append(value)
    return values


def ratio(left, right):
    """The median of the ratios of each round."""
    return statistics.median(a / b for a, b in zip(left, right))


def spread(values):
    """Half of what lies between the quartiles, in percent of the median."""
    if len(values) < 4:
        return None
    quartiles = statistics.quantiles(values, n=4)
    return 50 * (quartiles[2] - quartiles[0]) / statistics.median(values)


def machine():
    """Where and with what the figures were made."""
    processor = platform.processor() or platform.machine()
    try:
        for line in open("/proc/cpuinfo"):
            if line.startswith("model name"):
                processor = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT,
                            capture_output=True, text=True).stdout.strip()
    torch = subprocess.run([PYTHON, "-c", "import torch; print(torch.__version__)"],
                           capture_output=True, text=True).stdout.strip()
    return {"date": time.strftime("%Y-%m-%d"), "processor": processor,
            "cores": os.cpu_count(), "system": platform.platform(), "commit": commit,
            "pytorch": torch or None,
            "openblas_coretype": os.environ.get("OPENBLAS_CORETYPE")}


def table(header, rows):
    """Markdown."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])
