"""PyTorch's side of the benchmark: answers one JSON line on standard input with one on standard output.

Requests: about (versions, the BLAS really loaded), prepare (makes a work and warms it up), window (does it for so many
seconds and says how often), drop. The number of threads is the only argument; OPENBLAS_NUM_THREADS and its like must be
in the environment, since torch.set_num_threads does not reach them. Runs on PyTorch 1.13 and 2.
"""
import ctypes
import json
import math
import os
import re
import sys
import time
import warnings

# Answers alone go to the real standard output.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
warnings.filterwarnings("ignore")

import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(0)


def matmul(n):
    a, b = torch.rand(n, n), torch.rand(n, n)
    return lambda: torch.mm(a, b), 20 if n <= 64 else 1


def tiny(**options):
    x, y = torch.rand(100, 2), (torch.rand(100, 1) > 0.5).float()
    model = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    criterion = nn.BCEWithLogitsLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01, **options)

    def step():
        optimizer.zero_grad()
        criterion(model(x), y).backward()
        optimizer.step()

    return step, 10


def classifier(x, model):
    y = torch.arange(64) % 10
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step():
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()

    return step, 1


def mlp():
    return classifier(torch.rand(64, 784), nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10)))


def lenet():
    return classifier(torch.rand(64, 1, 28, 28), nn.Sequential(
        nn.Conv2d(1, 8, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(256, 10)))


def cifar():
    return classifier(torch.rand(64, 3, 32, 32), nn.Sequential(
        nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(4096, 128), nn.ReLU(), nn.Linear(128, 10)))


class CharLstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(65, 128)
        self.lstm = nn.LSTM(128, 128, batch_first=True)
        self.head = nn.Linear(128, 65)

    def forward(self, x):
        hidden, _ = self.lstm(self.embedding(x))
        return self.head(hidden)


def char_lstm():
    x, y = torch.randint(0, 65, (32, 64)), torch.randint(0, 65, (32, 64))
    model = CharLstm()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    def step():
        optimizer.zero_grad()
        F.cross_entropy(model(x).reshape(-1, 65), y.reshape(-1)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()

    return step, 1


WIDTH, HEADS, BATCH, TIME = 128, 4, 16, 64


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH)
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.projection = nn.Linear(WIDTH, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH)
        self.feed_forward = nn.Sequential(nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))
        self.mask = torch.triu(torch.ones(TIME, TIME, dtype=torch.bool), 1)

    def forward(self, x):
        heads = lambda z: z.view(BATCH, TIME, HEADS, WIDTH // HEADS).transpose(1, 2)
        q, k, v = [heads(z) for z in self.qkv(self.norm1(x)).split(WIDTH, 2)]
        scores = (q @ k.transpose(-2, -1)) / math.sqrt(WIDTH // HEADS)
        weights = scores.masked_fill(self.mask, float("-inf")).softmax(-1)
        y = x + self.projection((weights @ v).transpose(1, 2).reshape(BATCH, TIME, WIDTH))
        return y + self.feed_forward(self.norm2(y))


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.tokens = nn.Embedding(65, WIDTH)
        self.positions = nn.Embedding(TIME, WIDTH)
        self.blocks = nn.Sequential(Block(), Block())
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, 65)

    def forward(self, x):
        return self.head(self.norm(self.blocks(self.tokens(x) + self.positions.weight)))


def gpt():
    x, y = torch.randint(0, 65, (BATCH, TIME)), torch.randint(0, 65, (BATCH, TIME))
    model = Gpt()
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)

    def step():
        optimizer.zero_grad()
        F.cross_entropy(model(x).reshape(-1, 65), y.reshape(-1)).backward()
        optimizer.step()

    return step, 1


def adam(**options):
    parameter = nn.Parameter(torch.zeros(10_000_000))
    parameter.grad = torch.rand(10_000_000) - 0.5
    optimizer = torch.optim.Adam([parameter], lr=1e-3, **options)
    return lambda: optimizer.step(), 1


def small_add():
    a, b = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])
    return lambda: torch.add(a, b), 100


def chain():
    a, b = torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([3.0, 4.0])

    def run():
        y = a
        for _ in range(20):
            y = y * b
        y.sum().backward()
        a.grad = None

    return run, 5


WORKS = {
    **{"matmul%d" % n: lambda n=n: matmul(n) for n in (64, 256, 512, 1024)},
    "tiny": lambda: tiny(),
    "tinyForeach": lambda: tiny(foreach=True),
    "mlp": mlp,
    "lenet": lenet,
    "cifar": cifar,
    "charLstm": char_lstm,
    "gpt": gpt,
    "adam": lambda: adam(),
    "adamForeach": lambda: adam(foreach=True),
    "adamFused": lambda: adam(fused=True),
    "add": small_add,
    "chain": chain,
}


class Symbol(ctypes.Structure):
    """What dladdr says of an address: the file that it is in, and more."""

    _fields_ = [(name, ctypes.c_char_p if "name" in name else ctypes.c_void_p) for name in ("fname", "fbase", "sname", "saddr")]


def loaded_blas():
    """The library whose sgemm PyTorch really calls: more than one BLAS may be in a process."""
    mkl = re.search(r"(?:oneAPI )?Math Kernel Library Version (\S+)", torch.__config__.show())
    if mkl:
        return "MKL " + mkl.group(1)
    if not os.path.exists("/proc/self/maps"):
        return "unknown"
    with open("/proc/self/maps") as maps:
        tensors = {line.split()[-1] for line in maps if "libtorch_cpu.so" in line}
    found = Symbol()
    try:
        sgemm = ctypes.CDLL(tensors.pop()).sgemm_
        ctypes.CDLL(None).dladdr(ctypes.cast(sgemm, ctypes.c_void_p), ctypes.byref(found))
    except (AttributeError, KeyError, OSError):
        return "unknown"
    file = found.fname.decode()
    try:
        library = ctypes.CDLL(file)
        texts = [library.openblas_get_config, library.openblas_get_corename]
    except AttributeError:
        return "not OpenBLAS but " + file
    for text in texts:
        text.restype = ctypes.c_char_p
    config, core = [text().decode() for text in texts]
    version = re.search(r"OpenBLAS \S+", config).group(0)
    return "%s, core %s, %d threads" % (version, core, library.openblas_get_num_threads())


def about():
    built = torch.__config__.show()
    capability = re.search(r"CPU capability usage: (\S+)", built)
    return {
        "name": "PyTorch",
        "version": torch.__version__,
        "blas": loaded_blas(),
        "capability": capability.group(1) if capability else "?",
        "threads": torch.get_num_threads(),
    }


def during(work, seconds):
    run, batch = work
    count, began = 0, time.perf_counter()
    while True:
        for _ in range(batch):
            run()
        count += batch
        took = time.perf_counter() - began
        if took >= seconds:
            return {"count": count, "seconds": took}


work = None
for line in sys.stdin:
    request = json.loads(line)
    try:
        if request["do"] == "about":
            reply = about()
        elif request["do"] == "window" and work is None:
            raise RuntimeError("no work was prepared")
        elif request["do"] == "window":
            reply = during(work, request["seconds"])
        else:
            work, reply = None, {}
            if request["do"] == "prepare":
                work = WORKS[request["work"]]()
                reply = during(work, request["seconds"])
    except Exception as error:
        work = None
        reply = {"error": "%s: %s" % (type(error).__name__, error)}
    answers.write(json.dumps(reply) + "\n")
    answers.flush()
