#!/usr/bin/env python3
"""Writes state_dicts.json: names and shapes of what the published PyTorch models save.

The modules below register what the published classes do, under the same names and in the same
order (github.com/mapolinario94/LLS-DNN, models/); they compute nothing.

    pip install torch
    python3 make_state_dicts.py
"""
import json, pathlib
import torch
from torch import nn

def conv(cin, cout):
    return nn.ModuleDict({"conv": nn.Conv2d(cin, cout, 3), "bn": nn.BatchNorm2d(cout)})

def depthwise(cin, cout):
    return nn.ModuleDict({"conv1": nn.Conv2d(cin, cin, 3, groups=cin, bias=False), "bn1": nn.BatchNorm2d(cin),
                          "conv2": nn.Conv2d(cin, cout, 1, bias=False), "bn2": nn.BatchNorm2d(cout)})

def linear(cin, cout):
    return nn.ModuleDict({"linear": nn.Linear(cin, cout), "bn": nn.BatchNorm1d(cout)})

class Layer(nn.Module):
    """What trains a block: the rule's own parameters, beside the block."""
    def __init__(self, block, rule, classes, hidden, reduced):
        super().__init__()
        self.block = block
        shapes = {"LocalLosses": [classes, hidden], "LLS_Random": [classes, hidden], "LLS_M_Random": [classes, hidden],
                  "LLS_MxM_Random": [classes, hidden], "LLS_M": [classes], "LLS_MxM": [classes, classes],
                  "LLS_MxM_reduced": [reduced, classes]}
        if rule in shapes: self.feedback = nn.Parameter(torch.zeros(shapes[rule]))
        if rule == "LLS_M_Random": self.modulation = nn.Parameter(torch.zeros(classes, 1))
        if rule == "LLS_MxM_Random": self.modulation = nn.Parameter(torch.zeros(classes, classes))

class Hook(nn.Module):
    """What direct feedback projects by; for backpropagation it holds nothing."""
    def __init__(self, rule, classes, shape):
        super().__init__()
        if rule != "BP":
            self.fixed_fb_weights = nn.Parameter(torch.zeros([classes, *shape]))
            self.fixed_fb_bias = nn.Parameter(torch.zeros(classes))

C, D, L = "conv", "depthwise", "linear"
WIDE = [(D, 32, 64), (D, 64, 128), (D, 128, 128), (D, 128, 256), (D, 256, 256), (D, 256, 512), (D, 512, 512)]
MODELS = {   # blocks, with the pooled features of each where random projections have that length
    "LLS_SmallConv": [(C, 3, 32, 512), (C, 32, 64, 256), (C, 64, 128, 512), (L, 512, 512, 512)],
    "LLS_SmallConvL": [(C, 3, 96, 1536), (C, 96, 192, 768), (C, 192, 512, 2048), (L, 2048, 1024, 2048)],
    "LLS_VGG8": [(C, 3, 128), (C, 128, 256), (C, 256, 256), (C, 256, 256), (C, 256, 512), (C, 512, 512), (L, 2048, 1024)],
    "LLS_VGG11": [(C, 3, 64), (C, 64, 128), (C, 128, 256), (C, 256, 256), (C, 256, 512), (C, 512, 512), (C, 512, 512),
                  (C, 512, 512), (L, 32768, 4096), (L, 4096, 4096)],
    "LLS_MobileNetV1": [(C, 3, 32), *WIDE, *[(D, 512, 512)] * 4, (D, 512, 1024), (D, 1024, 1024)],
    "LLS_MobileNetV1_small": [(C, 3, 32), *WIDE],
}
SMALL, LARGE = MODELS["LLS_SmallConv"], MODELS["LLS_SmallConvL"]
FEEDBACK = {   # blocks of the classes for direct feedback, with the side of their image
    "DFA_SmallConv": (SMALL, 32), "DFA_SmallConvL": (LARGE, 32), "DFA_SmallConvMNIST": (SMALL, 28),
    "DRTP_SmallConv": ([(C, 3, 64), (C, 64, 256), (C, 256, 256), (L, 4096, 1024)], 32),
}
MAKE = {C: conv, D: depthwise, L: linear}

def state_dict(model, rule, classes):
    net, counts, feedback = nn.Module(), {C: 0, L: 0}, model in FEEDBACK
    blocks, side = FEEDBACK[model] if feedback else (MODELS[model], None)
    for kind, cin, cout, *hidden in blocks:
        group = L if kind == L else C
        counts[group] += 1
        block = MAKE[kind](cin, cout)
        if feedback:
            net.add_module(f"{group}_block{counts[group]}", block)
            pixels = side >> (counts[C] - 1)
            net.add_module(f"{group}{counts[group]}_hook",
                           Hook(rule, classes, [cout] if kind == L else [cout, pixels, pixels]))
        else:
            reduced = 100 if "VGG" in model else 20
            net.add_module(f"{group}_block{counts[group]}", Layer(block, rule, classes, (hidden or [2048])[0], reduced))
    net.linear = nn.Linear(blocks[-1][2], classes)
    return [[name, list(value.shape)] for name, value in net.state_dict().items()]

RULES = ["LLS_M", "LLS_MxM", "LLS_MxM_reduced", "LLS_Random", "LLS_M_Random", "LLS_MxM_Random", "LocalLosses", "BP"]
FEEDBACK_RULES = {"DFA_SmallConv": ["DFA", "BP"], "DFA_SmallConvL": ["DFA"], "DFA_SmallConvMNIST": ["DFA"],
                  "DRTP_SmallConv": ["DRTP", "BP"]}
CASES = [(model, "LLS") for model in MODELS] + [(m, r) for m in ("LLS_SmallConv", "LLS_VGG8") for r in RULES] + \
        [(model, rule) for model, rules in FEEDBACK_RULES.items() for rule in rules]

if __name__ == "__main__":
    lines = [json.dumps({"model": m, "rule": r, "classes": 10, "side": FEEDBACK.get(m, (None, 32))[1],
                         "tensors": state_dict(m, r, 10)}) for m, r in CASES]
    path = pathlib.Path(__file__).with_name("state_dicts.json")
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n")
