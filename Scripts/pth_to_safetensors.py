#!/usr/bin/env python3
"""Turns a checkpoint of PyTorch (.pt, .pth, .pth.tar) into safetensors.

    pip install torch safetensors
    python3 Scripts/pth_to_safetensors.py model.pth.tar model.safetensors

The checkpoint is a state dict, or a dict that holds one as 'state_dict', 'model_state_dict', 'model' or
'model_state', as training programs save it. What torch.compile and nn.DataParallel put before names goes.
"""
import sys

KEYS = ("state_dict", "model_state_dict", "model_state", "model")
PREFIXES = ("module.", "_orig_mod.")


def without_prefixes(name):
    """The name in the plain model: wrappers may be wrapped, so both may be there, in any order."""
    while name.startswith(PREFIXES):
        name = name.split(".", 1)[1]
    return name


def state_of(checkpoint, is_tensor):
    """The tensors of a checkpoint by their plain names; exits with a reason if there are none."""
    state = checkpoint
    if isinstance(checkpoint, dict) and not any(map(is_tensor, checkpoint.values())):
        state = next((checkpoint[key] for key in KEYS if isinstance(checkpoint.get(key), dict)),
                     checkpoint)
    if not isinstance(state, dict):
        sys.exit(f"error: the checkpoint is a {type(state).__name__}, not a dict of tensors.\n"
                 "Save model.state_dict() instead.")
    tensors = {}
    for name, value in state.items():
        if not is_tensor(value):
            continue
        plain = without_prefixes(str(name))
        if plain in tensors:
            sys.exit(f"error: two tensors are called '{plain}' once prefixes are gone.")
        tensors[plain] = value
    if not tensors:
        found = ", ".join(map(str, list(state)[:8])) or "nothing"
        sys.exit(f"error: there are no tensors in the checkpoint; it holds {found}.\n"
                 "Save model.state_dict(), or a dict that holds it as 'state_dict'.")
    return tensors


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    import torch
    from safetensors.torch import save_file

    try:
        # weights_only: a checkpoint is data, and must not be able to run code.
        checkpoint = torch.load(sys.argv[1], map_location="cpu", weights_only=True)
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        sys.exit(f"error: {sys.argv[1]} cannot be read: {reason}")
    tensors = {name: value.contiguous().clone()
               for name, value in state_of(checkpoint, torch.is_tensor).items()}
    save_file(tensors, sys.argv[2], metadata={"format": "pt"})
    print(f"{len(tensors)} tensors written to {sys.argv[2]}")


if __name__ == "__main__":
    main()
