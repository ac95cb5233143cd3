#!/usr/bin/env python3
"""Turns a checkpoint of the published PyTorch code (.pth.tar) into safetensors.

    pip install torch safetensors
    python3 Scripts/pth_to_safetensors.py model.pth.tar model.safetensors
"""
import sys

import torch
from safetensors.torch import save_file

if len(sys.argv) != 3:
    sys.exit(__doc__)
# weights_only: a checkpoint is data, and must not be able to run code.
state = torch.load(sys.argv[1], map_location="cpu", weights_only=True)
state = state.get("state_dict", state)
tensors = {name.removeprefix("module."): value.contiguous().clone()
           for name, value in state.items() if torch.is_tensor(value)}
save_file(tensors, sys.argv[2])
print(f"{len(tensors)} tensors written to {sys.argv[2]}")
