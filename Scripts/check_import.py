#!/usr/bin/env python3
"""Compares the features that `lls import` takes from torchvision's vgg11_bn with torchvision's own.

    pip install torch torchvision onnx onnxruntime safetensors numpy
    python3 Scripts/check_import.py LLS

The weights are random, with running statistics that are not trivial: what is compared is the mapping. A
network with the same convolutions and another head is trained for one step with all of them frozen, and is
exported; onnxruntime computes the output of its last convolution block.
"""
import pathlib, subprocess, sys, tempfile
import numpy, onnx, onnxruntime, torch
from safetensors.torch import save_file

try:
    import torchvision
except RuntimeError:  # Built for another PyTorch: its operators are missing, which no VGG uses.
    stub = torch.library.Library("torchvision", "DEF")
    for line in pathlib.Path(torch.__file__).parent.parent.joinpath(
            "torchvision/_meta_registrations.py").read_text().splitlines():
        if "register_fake(\"torchvision::" in line or "register_meta(\"" in line:
            name = line.split('"')[1].removeprefix("torchvision::")
            stub.define(f"{name}(Tensor x) -> Tensor")
    for module in [name for name in sys.modules if name.startswith("torchvision")]:
        del sys.modules[module]
    import torchvision

lls = str(pathlib.Path(sys.argv[1]).resolve())
NETWORK = """name: Features
stages:
  - convolution: {channels: 64, pool: 1, activation: relu}
  - maxPool
  - convolution: {channels: 128, pool: 1, activation: relu}
  - maxPool
  - convolution: {channels: 256, pool: 1, activation: relu}
  - convolution: {channels: 256, pool: 1, activation: relu}
  - maxPool
  - convolution: {channels: 512, pool: 1, activation: relu}
  - convolution: {channels: 512, pool: 1, activation: relu}
  - maxPool
  - convolution: {channels: 512, pool: 1, activation: relu}
  - convolution: {channels: 512, pool: 1, activation: relu}
  - averagePool: 1
"""


def run(folder, *arguments):
    print("$ lls", *arguments)
    return subprocess.run([lls, *arguments], cwd=folder, check=True, text=True,
                          stdout=subprocess.PIPE).stdout


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    torch.manual_seed(0)
    vgg = torchvision.models.vgg11_bn(weights=None).eval()
    for name, tensor in vgg.state_dict().items():
        if name.endswith("running_mean") or name.endswith(".bias"):
            tensor.normal_(0, 0.2)
        elif name.endswith("running_var"):
            tensor.uniform_(0.5, 2)
    save_file(vgg.state_dict(), folder / "vgg11_bn.safetensors")
    (folder / "features.yaml").write_text(NETWORK)
    print(run(folder, "import", "vgg11_bn.safetensors", "--as", "LLS_VGG11"), end="")
    print(run(folder, "train", "--init", "vgg11_bn-lls.safetensors", "--new-head", "--freeze", "8",
              "--model", "features.yaml", "--image-size", "64", "--channels", "3", "--limit-train", "8",
              "--limit-test", "8", "--epochs", "1", "--max-steps", "1", "--backend", "cpu",
              "--progress", "none", "--name", "features"), end="")
    run(folder, "export", "runs/features/001", "--output", "model.onnx")
    model = onnx.load(folder / "model.onnx")
    activation = [node for node in model.graph.node if node.op_type in ("LeakyRelu", "Relu")][-1]
    model.graph.output.append(onnx.ValueInfoProto(name=activation.output[0]))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    images = torch.randn(4, 3, 64, 64)
    ours = session.run([activation.output[0]], {session.get_inputs()[0].name: images.numpy()})[0]
    with torch.no_grad():
        theirs = vgg.features[:-1](images).numpy()  # Without the last pool.
    difference = float(numpy.abs(ours - theirs).max())
    print(f"features {ours.shape}, greatest {numpy.abs(theirs).max():.3f}, difference {difference:.2e}")
    sys.exit(0 if difference <= 1e-5 * max(1, numpy.abs(theirs).max()) else 1)
