"""Compares what trackers have of runs with the runs' metrics. Run by Scripts/check_tracking."""

import collections
import json
import math
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

from tensorboard.backend.event_processing import event_accumulator, event_file_loader

LLS = pathlib.Path(".build/release/lls").resolve()
MLFLOW = pathlib.Path(".build/mlflow-venv/bin/mlflow").resolve()
WORK = pathlib.Path(tempfile.mkdtemp(prefix="check-tracking-"))
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")}
ENVIRONMENT |= {"LLS_TUNING": "off", "NO_PROXY": "127.0.0.1", "MLFLOW_DISABLE_TELEMETRY": "true"}
checks = 0


def check(condition, message):
    global checks
    checks += 1
    if not condition:
        sys.exit(f"check_tracking: {message}")


# MARK: Runs


def write_data(folder, train=256, test=64):
    """Stripes whose width tells the class, in the format of MNIST."""
    folder.mkdir()
    for name, count in [("train", train), ("t10k", test)]:
        pixels = bytes(
            ((200 if p // 28 % (i % 10 + 2) < (i % 10 + 2) // 2 else 20) + (i * 31 + p * 7) % 40) & 255
            for i in range(count) for p in range(784)
        )  # fmt: skip
        images = struct.pack(">4I", 0x0803, count, 28, 28) + pixels
        (folder / f"{name}-images-idx3-ubyte").write_bytes(images)
        labels = struct.pack(">2I", 0x0801, count) + bytes(i % 10 for i in range(count))
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(labels)


def train(name, *arguments, epochs=15):
    return [
        str(LLS), "train", "--backend", "cpu", "--threads", "1", "--data-dir", str(WORK / "data"),
        "--runs-dir", str(WORK / "runs"), "--name", name, "--batch-size", "32", "--progress", "none",
        "--epochs", str(epochs), *arguments,
    ]  # fmt: skip


def run(command, status=0):
    outcome = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True)
    check(outcome.returncode == status, f"{' '.join(command)}: {outcome}")
    return outcome


def start(command):
    return subprocess.Popen(
        command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def folder(name):
    return WORK / "runs" / name / "001"


def records(name):
    file = folder(name) / "metrics.jsonl"
    lines = file.read_text().split("\n")[:-1] if file.exists() else []
    return [json.loads(line) for line in lines]


def wait_for(epoch, name, process):
    """Waits until a run has measured an epoch."""
    while not any(record["epoch"] >= epoch for record in records(name)):
        if process.poll() is not None:
            sys.exit(f"check_tracking: {name} ended: {process.stderr.read()}")
        time.sleep(0.02)


def weights(name):
    return (folder(name) / "weights/last.safetensors").read_bytes()


# MARK: TensorBoard

QUANTITIES = ["learning_rate", "images_per_second", "peak_bytes"]


def narrow(value):
    return struct.unpack("f", struct.pack("f", float(value)))[0]


def expected_tags(name):
    tags = collections.defaultdict(list)
    for record in records(name):
        kind = "steps" if record.get("steps") is not None else record["split"]
        own = "" if kind == "train" else kind + "/"
        values = {f"{kind}/{key}": record.get(key) for key in ["loss", "top1", "top5"]}
        values |= {own + key: record.get(key) for key in QUANTITIES}
        for block, loss in (record.get("block_losses") or {}).items():
            values[f"{own}block_loss/{block}"] = loss
        for tag, value in values.items():
            if value is not None:
                tags[tag].append((record["step"], narrow(value)))
    return dict(tags)


def check_events(name):
    """TensorBoard itself reads each value of the metrics, once."""
    events = event_accumulator.EventAccumulator(
        str(folder(name) / "tensorboard"), size_guidance={event_accumulator.SCALARS: 0})
    events.Reload()
    expected = expected_tags(name)
    scalars = events.Tags()["scalars"]
    check(set(scalars) == set(expected), f"{name}: tags {scalars}, not {list(expected)}")
    times = []
    for tag in scalars:
        found = [(event.step, event.value) for event in events.Scalars(tag)]
        check(found == expected[tag], f"{name}: {tag}: {found}, not {expected[tag]}")
        times += [event.wall_time for event in events.Scalars(tag)]
    check(abs(max(times) - time.time()) < 600, f"{name}: the time {max(times)}")
    check("configuration" in events.Tags()["tensors"], f"{name}: no configuration")
    text = events.Tensors("configuration")[-1].tensor_proto.string_val[0].decode()
    check("| seed | 0 |" in text and "| rule | LLS |" in text, f"{name}: {text}")


def check_tensorboard():
    run(train("plain", epochs=3))
    run(train("events", "--track", "tensorboard", epochs=3))
    check_events("events")
    check(weights("plain") == weights("events"), "TensorBoard's files change the weights")

    # Killed, with half a record as a power failure leaves it, and gone on with.
    process = start(train("killed", "--track", "tensorboard", "--save-every", "5s"))
    wait_for(4, "killed", process)
    process.kill()
    check(process.wait() == -signal.SIGKILL, "the run ends before it is killed")
    file = next((folder("killed") / "tensorboard").iterdir())
    whole = list(event_file_loader.LegacyEventFileLoader(str(file)).Load())
    file.write_bytes(file.read_bytes()[:-3])
    cut = list(event_file_loader.LegacyEventFileLoader(str(file)).Load())
    check(len(cut) == len(whole) - 1, f"{len(cut)} of {len(whole)} records of a file that is cut")
    run([str(LLS), "train", "--resume", str(folder("killed")), "--progress", "none"])
    check(len(list((folder("killed") / "tensorboard").iterdir())) == 2, "the resumed run's file")
    check_events("killed")

    # The sums are there to be checked: a changed byte is noticed.
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    found = list(event_file_loader.LegacyEventFileLoader(str(file)).Load())
    check(len(found) < len(cut), "TensorBoard reads beyond a damaged record")


# MARK: MLflow


class Server:
    """A real server with a database of its own, which may be killed and started again."""

    def __init__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"
        self.process = None
        self.start()

    def start(self):
        log = open(WORK / "server.log", "a")
        self.process = subprocess.Popen(
            [
                str(MLFLOW), "server", "--backend-store-uri", f"sqlite:///{WORK}/mlflow.db",
                "--default-artifact-root", str(WORK / "artifacts"), "--port", str(self.port),
                "--workers", "1",
            ],
            env=ENVIRONMENT, stdout=log, stderr=log, start_new_session=True, cwd=WORK,
        )  # fmt: skip
        end = time.time() + 180
        while time.time() < end:
            try:
                urllib.request.urlopen(self.address + "/health", timeout=2).read()
                # The first request takes seconds.
                self.post("experiments/search", {"max_results": 1})
                return
            except OSError:
                check(self.process.poll() is None, (WORK / "server.log").read_text())
                time.sleep(0.2)
        sys.exit("check_tracking: the server does not start")

    def kill(self):
        """The server, and the workers that it started."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def get(self, path, **query):
        address = f"{self.address}/api/2.0/mlflow/{path}?{urllib.parse.urlencode(query)}"
        return json.load(urllib.request.urlopen(address, timeout=30))

    def post(self, path, body):
        request = urllib.request.Request(
            f"{self.address}/api/2.0/mlflow/{path}", json.dumps(body).encode(),
            {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request, timeout=30))

    def runs(self, name):
        experiment = self.get("experiments/get-by-name", experiment_name=name)["experiment"]
        found = self.post("runs/search", {"experiment_ids": [experiment["experiment_id"]]})
        return found.get("runs", [])


NAMES = {"loss": "loss_{}", "top1": "acc_{}", "top5": "acc_{}_top5"}


def expected_metrics(name):
    metrics = collections.defaultdict(list)
    for record in records(name):
        is_part = record.get("steps") is not None
        end = "_step" if is_part else ""
        own = "_test" if record["split"] == "test" else end
        values = {form.format(record["split"]) + end: record.get(key) for key, form in NAMES.items()}
        values |= {key + own: record.get(key) for key in QUANTITIES}
        for block, loss in (record.get("block_losses") or {}).items():
            values[f"block_loss{own}/{block}"] = loss
        for key, value in values.items():
            if value is not None:
                step = record["step"] if is_part else record["epoch"]
                metrics[key].append((step, float(value)))
    return dict(metrics)


# What each part of a run measures for itself.
MEASURED = ["images_per_second", "peak_bytes"]


def check_metrics(server, name, status, resumed=False):
    """The server has one run of the name, and in it each value of the metrics, once."""
    runs = server.runs(name)
    check(len(runs) == 1, f"{name}: {len(runs)} runs")
    run = runs[0]
    check(run["info"]["status"] == status, f"{name}: {run['info']}")
    expected = expected_metrics(name)
    keys = {metric["key"] for metric in run["data"]["metrics"]}
    check(keys == set(expected), f"{name}: {keys} instead of {set(expected)}")
    for key in keys:
        found, token = [], {}
        while True:
            page = server.get(
                "metrics/get-history", run_id=run["info"]["run_id"], metric_key=key,
                max_results=1000, **token)
            found += [(metric.get("step", 0), float(metric["value"])) for metric in page["metrics"]]
            if not page.get("next_page_token"):
                break
            token = {"page_token": page["next_page_token"]}
        found.sort()
        if resumed and key.split("/")[0].removesuffix("_step") in MEASURED:
            found = [step for step, _ in found]
            check(found == [step for step, _ in expected[key]], f"{name}: {key}: {found}")
        else:
            check(found == expected[key], f"{name}: {key}: {found}, not {expected[key]}")
    parameters = {entry["key"]: entry["value"] for entry in run["data"]["params"]}
    check(parameters["training_mode"] == "LLS", f"{name}: {parameters}")
    check(parameters["learning_rate"] == "0.005", f"{name}: {parameters}")


def push(*arguments, status=0):
    outcome = run([str(LLS), "runs", "push", "--json", *map(str, arguments)], status)
    return [json.loads(line) for line in outcome.stdout.splitlines()]


def track_all(name, *arguments, epochs):
    """A run whose end may have been too short for a server that shares its processors."""
    notes = run(train(name, *arguments, epochs=epochs)).stderr
    sent = push(folder(name))[0]["records"]
    check(sent == 0 or "runs push" in notes, f"{sent} records were missing: {notes}")


def check_mlflow():
    server = Server()
    track = ["--track", f"mlflow={server.address}"]

    track_all("tracked", *track, epochs=3)
    check_metrics(server, "tracked", "FINISHED")
    check(weights("tracked") == weights("plain"), "the tracker changes the weights")
    check(push(folder("tracked"))[0]["records"] == 0, "something is sent twice")

    # A run that had no tracker, and one whose values are no numbers.
    check(push(folder("plain"), *track)[0]["records"] == len(records("plain")), "records pushed")
    check_metrics(server, "plain", "FINISHED")

    # The run is killed and goes on.
    process = start(train("resumed", *track))
    wait_for(5, "resumed", process)
    process.kill()
    check(process.wait() == -signal.SIGKILL, "the run ends before it is killed")
    run([str(LLS), "train", "--resume", str(folder("resumed")), "--progress", "none"])
    push(folder("resumed"))
    check_metrics(server, "resumed", "FINISHED", resumed=True)

    # The server is killed in mid-run.
    run(train("untracked"))
    process = start(train("orphan", *track))
    wait_for(5, "orphan", process)
    server.kill()
    notes = process.communicate()[1]
    check(process.returncode == 0, f"the run ends with {process.returncode}: {notes}")
    check(notes.count("cannot send") == 1 and "runs push" in notes, notes)
    check(weights("orphan") == weights("untracked"), "a dead server changes the weights")
    push(folder("orphan"), status=74)
    server.start()
    sent = push(folder("orphan"))[0]["records"]
    check(0 < sent <= len(records("orphan")), f"{sent} records are sent later")
    check_metrics(server, "orphan", "FINISHED")
    check(push(WORK / "runs/orphan/001")[0]["records"] == 0, "something is pushed twice")
    check(push("--runs-dir", WORK / "runs") != [], "all runs")
    server.kill()


begin = time.time()
write_data(WORK / "data")
check_tensorboard()
if "--quick" not in sys.argv:
    check_mlflow()
shutil.rmtree(WORK)
parts = "TensorBoard" if "--quick" in sys.argv else "TensorBoard and MLflow"
print(f"check_tracking: {checks} checks of {parts} in {time.time() - begin:.0f} s")
