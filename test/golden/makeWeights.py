"""Weights of a small network as PyTorch 1.13 and safetensors write them, and what it gives for an input.

    python3 -m venv --system-site-packages /tmp/weights && /tmp/weights/bin/pip install safetensors==0.5.3
    /tmp/weights/bin/python test/golden/makeWeights.py        (python3 with Debian's python3-torch)

writes files/torch.safetensors and files/torch.npz (x and y).
"""
import os

import numpy as np
import torch
from safetensors.torch import save_file

FILES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "files")
torch.manual_seed(0)
torch.set_num_threads(1)
model = torch.nn.Sequential(
    torch.nn.Conv2d(1, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(64, 3)
)
x = torch.randn(2, 1, 6, 6)
model(x)  # so that the running statistics are not those of the start
model.eval()
save_file(model.state_dict(), os.path.join(FILES, "torch.safetensors"))
np.savez(os.path.join(FILES, "torch.npz"), x=x.numpy(), y=model(x).detach().numpy())
