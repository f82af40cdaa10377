"""Pooling as PyTorch 1.13 does it, ties and margins included: python3 test/golden/pool.py > test/golden/pool.json"""
import json

import torch
import torch.nn.functional as F

torch.manual_seed(3)


def numbers(t):
    return [int(v) if v == int(v) else v for v in t.detach().flatten().tolist()]


def row(name, shape, size, **options):
    # Few different numbers, so that there are ties.
    x = torch.randint(-3, 4, shape).double().requires_grad_()
    index = None
    if name == "maxPool2d":
        y, index = F.max_pool2d(x, size, return_indices=True, **options)
    elif name == "avgPool2d":
        y = F.avg_pool2d(x, size, **options)
    elif name == "adaptiveMaxPool2d":
        y, index = F.adaptive_max_pool2d(x, size, return_indices=True)
    else:
        y = F.adaptive_avg_pool2d(x, size)
    g = torch.randint(-3, 4, y.shape).double()
    y.backward(g)
    return {
        "name": name,
        "shape": shape,
        "size": size,
        "options": options,
        "x": numbers(x),
        "outputShape": list(y.shape),
        "y": numbers(y),
        "index": None if index is None else numbers(index),
        "g": numbers(g),
        "gx": numbers(x.grad),
    }


rows = [
    row("maxPool2d", [2, 1, 4, 9], 2),
    row("maxPool2d", [3, 7, 12], 2),
    row("maxPool2d", [1, 2, 5, 4], [3, 2], stride=[2, 1], padding=1),
    row("maxPool2d", [1, 1, 6, 7], 2, stride=3, dilation=2, ceil_mode=True),
    row("maxPool2d", [1, 1, 7, 5], 3, stride=2, padding=1, ceil_mode=True),
    row("avgPool2d", [2, 1, 4, 10], 2),
    row("avgPool2d", [1, 1, 6, 6], 3, stride=2, ceil_mode=True),
    row("avgPool2d", [1, 1, 5, 7], 3, stride=2, padding=1, ceil_mode=True),
    row("avgPool2d", [1, 1, 5, 7], 3, stride=2, padding=1, ceil_mode=True, count_include_pad=False),
    row("avgPool2d", [1, 1, 5, 11], [2, 7], stride=2, divisor_override=3),
    row("adaptiveMaxPool2d", [1, 2, 5, 7], [2, 3]),
    row("adaptiveMaxPool2d", [1, 1, 4, 8], [2, None]),
    row("adaptiveAvgPool2d", [1, 1, 9, 13], [2, 3]),
]
print(json.dumps(rows))
