"""Golden values from PyTorch 1.13 (Debian: apt install python3-torch).

    python3 test/golden/make.py           rewrites ops.json, optim.json, random.json, curve.json, tensorOps.json
                                          and nn.json, or those named
    python3 test/golden/make.py --check   compares them with what PyTorch gives now; exit 1 on a difference

ops.json and optim.json hold inputs and results. The inputs (args, options, gradOut; params, grads; scheduler options)
are kept as they are, and the results are computed from them, so a new case is added by writing its inputs into the file
and running this script. tensorOps.json and nn.json are made from the cases in tensorOps.py and nnCases.py alone. Names are PyTorch's; tensors are row-major, in float64 unless they are indices.
"""
import json
import math
import os
import sys

import torch
import torch.nn.functional as F

sys.dont_write_bytecode = True
import nnCases
import tensorOps

HERE = os.path.dirname(os.path.abspath(__file__))
torch.set_num_threads(1)


def load(g, requires_grad=False):
    dtype = {"float64": torch.float64, "float32": torch.float32, "int64": torch.int64, "bool": torch.bool}[g["dtype"]]
    return torch.tensor(g["data"], dtype=dtype).reshape(g["shape"]).requires_grad_(requires_grad)


def dump(t):
    t = t.detach().contiguous()
    return {"shape": list(t.shape), "dtype": str(t.dtype).replace("torch.", ""), "data": t.flatten().tolist()}


def is_tensor(v):
    return isinstance(v, dict) and "data" in v


def reduce(f):
    return lambda x, dim=None, keepdim=False, **o: f(x, dim=tuple(range(x.dim())) if dim is None else dim, keepdim=keepdim, **o)


def cross_entropy_weighted_smooth(x, target, weight, label_smoothing):
    return F.cross_entropy(x, target, weight=weight, label_smoothing=label_smoothing)


def attention(q, k, v, is_causal):
    w = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if is_causal:
        w = w.masked_fill(torch.ones(w.shape[-2:], dtype=torch.bool).triu(1), -math.inf)
    return w.softmax(-1) @ v


OPS = {
    "pow_scalar": lambda x, exponent: x**exponent,
    "leaky_relu": F.leaky_relu,
    "logsigmoid": F.logsigmoid,
    "gelu_tanh": lambda x, approximate: F.gelu(x, approximate=approximate),
    "where": lambda a, b, condition: torch.where(condition, a, b),
    "sum": reduce(torch.sum),
    "mean": reduce(torch.mean),
    "var": reduce(torch.var),
    "logsumexp": reduce(torch.logsumexp),
    "max_dim": lambda x, dim: x.max(dim).values,
    "min_dim": lambda x, dim: x.min(dim).values,
    "prod_dim": lambda x, dim: x.prod(dim),
    "transpose": lambda x, dim0, dim1: x.transpose(dim0, dim1),
    "permute": lambda x, dims: x.permute(dims),
    "reshape": lambda x, transposeFirst, shape: x.transpose(*transposeFirst).reshape(shape),
    "slice": lambda x, slices: x[tuple(slice(*s) for s in slices)],
    "expand": lambda x, shape: x.expand(shape),
    "cat": lambda *xs, dim: torch.cat(xs, dim),
    "stack": lambda *xs, dim: torch.stack(xs, dim),
    "embedding": lambda weight, input: F.embedding(input, weight),
    "index_select": lambda x, dim, index: x.index_select(dim, index),
    "gather": lambda x, dim, index: x.gather(dim, index),
    "einsum": lambda *xs, equation: torch.einsum(equation, *xs),
    "conv2d": F.conv2d,
    "conv1d": F.conv1d,
    "conv_transpose2d": F.conv_transpose2d,
    "adaptive_avg_pool2d": F.adaptive_avg_pool2d,
    "batch_norm_train": lambda x, w, b, training, eps: F.batch_norm(x, None, None, w, b, training, eps=eps),
    "layer_norm": lambda x, w, b, normalized_shape, eps: F.layer_norm(x, normalized_shape, w, b, eps),
    "group_norm": lambda x, w, b, num_groups, eps: F.group_norm(x, num_groups, w, b, eps),
    "cross_entropy_weighted_smooth": cross_entropy_weighted_smooth,
    "nll_loss": lambda x, target, input: F.nll_loss(x.log_softmax(1), target),
    "kl_div": lambda a, b, reduction, input, target: F.kl_div(a.log_softmax(1), b.softmax(1), reduction=reduction),
    "scaled_dot_product_attention": attention,
}


def op(name):
    return OPS.get(name) or getattr(F, name, None) or getattr(torch, name)


def run_op(case):
    inputs = [load(a, "grads" in case) for a in case["args"]]
    options = {k: load(v) if is_tensor(v) else v for k, v in case["options"].items()}
    out = op(case["op"])(*inputs, **options)
    result = {"out": dump(out)}
    if "grads" in case:
        result["grads"] = [dump(g) for g in torch.autograd.grad(out, inputs, load(case["gradOut"]))]
    return result


def run_module(case):
    module = getattr(torch.nn, case["module"])(**case["options"]).double()
    module.load_state_dict({k: load(v) for k, v in case["state"].items()})
    x = load(case["args"][0], True)
    out = module(x)
    out = out[0] if isinstance(out, tuple) else out
    out.backward(load(case["gradOut"]))
    grads = {k: dump(p.grad) for k, p in module.named_parameters()}
    return {"out": dump(out), "gradInput": dump(x.grad), "gradParams": grads}


class Reference:
    """What PyTorch 1.13 lacks, from the papers and PyTorch 2's documentation; plain arithmetic in float64."""

    def __init__(self, params, **options):
        self.x, self.o, self.t = params[0], {**self.defaults, **options}, 0
        self.state = [torch.zeros_like(self.x.detach()) for _ in range(3)]

    @torch.no_grad()
    def step(self):
        self.t += 1
        self.update(self.x, self.x.grad, self.t, *self.state, **self.o)


class Lion(Reference):
    defaults = {"lr": 1e-4, "betas": (0.9, 0.99), "weight_decay": 0}

    def update(self, w, g, t, m, _v, _x, lr, betas, weight_decay):
        w -= lr * (torch.sign(betas[0] * m + (1 - betas[0]) * g) + weight_decay * w)
        m.copy_(betas[1] * m + (1 - betas[1]) * g)


class AMSGrad(Reference):
    defaults = {"lr": 1e-3, "betas": (0.9, 0.999), "weight_decay": 0, "variant": "torch"}

    def update(self, w, g, t, m, v, vmax, lr, betas, weight_decay, variant):
        b1, b2 = betas
        g = g + weight_decay * w
        m.copy_(b1 * m + (1 - b1) * g)
        v.copy_(b2 * v + (1 - b2) * g**2)
        vmax.copy_(torch.maximum(vmax, v))
        if variant == "torch":
            w -= lr * (m / (1 - b1**t)) / (torch.sqrt(vmax / (1 - b2**t)) + 1e-8)
        elif variant == "keras":
            w -= lr * math.sqrt(1 - b2**t) / (1 - b1**t) * m / (torch.sqrt(vmax) + 1e-7)
        else:
            w -= torch.where(vmax == 0, torch.zeros_like(w), lr * m / torch.sqrt(vmax))


class Muon(Reference):
    defaults = {"lr": 1e-3, "weight_decay": 0.1, "momentum": 0.95, "nesterov": True, "adjust_lr_fn": "original"}

    def update(self, w, g, t, buf, _v, _x, lr, weight_decay, momentum, nesterov, adjust_lr_fn):
        buf.lerp_(g, 1 - momentum)
        x = g.lerp(buf, momentum) if nesterov else buf.clone()
        rows, columns = x.shape
        x = x.T if rows > columns else x
        x = x / x.norm().clamp(min=1e-7)
        for _ in range(5):
            a = x @ x.T
            x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
        scale = math.sqrt(max(1, rows / columns)) if adjust_lr_fn == "original" else 0.2 * math.sqrt(max(rows, columns))
        w *= 1 - lr * weight_decay
        w -= lr * scale * (x.T if rows > columns else x)


class DecoupledDecay(Reference):
    """The weights shrink by themselves, then the optimizer steps without decay."""

    def __init__(self, params, weight_decay, decoupled_weight_decay, lr, **options):
        self.x, self.factor = params[0], 1 - lr * weight_decay
        self.inner = self.make(params, lr=lr, **options)

    def step(self):
        with torch.no_grad():
            self.x *= self.factor
        self.inner.step()


class DecoupledRAdam(DecoupledDecay):
    make = torch.optim.RAdam


class NAdam2(Reference):
    """As PyTorch 2: 1.13 has the momentum once too often in the product."""

    defaults = {"lr": 2e-3, "betas": (0.9, 0.999), "eps": 1e-8, "momentum_decay": 4e-3, "variant": "torch"}
    product = 1

    def update(self, w, g, t, m, v, _x, lr, betas, eps, momentum_decay, variant):
        b1, b2 = betas
        mu, following = (b1 * (1 - 0.5 * 0.96 ** (s * momentum_decay)) for s in (t, t + 1))
        self.product *= mu
        m.copy_(b1 * m + (1 - b1) * g)
        v.copy_(b2 * v + (1 - b2) * g**2)
        d = torch.sqrt(v / (1 - b2**t)) + eps
        w -= lr * (1 - mu) / (1 - self.product) * g / d + lr * following / (1 - self.product * following) * m / d


class DecoupledNAdam(DecoupledDecay):
    make = NAdam2


def make_optimizer(case):
    if "decoupled_weight_decay" in case["options"]:
        return globals()["Decoupled" + case["optimizer"]]
    return globals().get(case["optimizer"]) or getattr(torch.optim, case["optimizer"])


def gradient(x, g):
    if isinstance(g, dict):
        return torch.sparse_coo_tensor([g["indices"]], torch.tensor(g["values"], dtype=x.dtype), x.shape)
    return torch.tensor(g, dtype=x.dtype)


def run_optimizer(case):
    x = torch.tensor(case["params"], dtype=torch.float64, requires_grad=True)
    optimizer = make_optimizer(case)([x], **case["options"])
    after = {}
    for t, g in enumerate(case["grads"], 1):
        x.grad = gradient(x, g)
        optimizer.step()
        if str(t) in case["after"]:
            after[str(t)] = x.tolist()
    return {"after": after}


def make_scheduler(optimizer, case):
    """Functions are given as text in "epoch", schedules inside schedules as cases."""
    options = dict(case["options"])
    if "lr_lambda" in options:
        options["lr_lambda"] = eval("lambda epoch: " + options["lr_lambda"])
    if "schedulers" in options:
        options["schedulers"] = [make_scheduler(optimizer, c) for c in options["schedulers"]]
    given = [] if case["scheduler"] == "ChainedScheduler" else [optimizer]
    return getattr(torch.optim.lr_scheduler, case["scheduler"])(*given, **options)


def run_scheduler(case):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=case["baseLr"], momentum=0.9)
    scheduler = make_scheduler(optimizer, case)
    lrs = []
    for e in range(len(case["lrs"])):
        lrs.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if e < len(case["lrs"]) - 1:
            scheduler.step(*([case["metrics"][e]] if "metrics" in case else []))
    return {"lrs": lrs}


def curve():
    """Losses of an MLP over 100 steps of Adam: weights and examples drawn from one stream, so that no file is needed."""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
    x, labels = torch.randn(256, 784), torch.randint(10, (256,))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    losses = []
    for step in range(100):
        rows = slice(step % 4 * 64, step % 4 * 64 + 64)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x[rows]), labels[rows])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return {"source": "PyTorch " + torch.__version__, "losses": losses}


def random_numbers():
    """What the generator gives after manual_seed(7); one fresh seed for each entry."""

    def drawn(f):
        torch.manual_seed(7)
        return [dump(t) for t in f()]

    f64 = torch.float64
    return {
        "source": "PyTorch " + torch.__version__,
        "seed": 7,
        "rand": drawn(lambda: [torch.rand(5), torch.rand(2, 3), torch.rand(3, dtype=f64)]),
        "randn": drawn(lambda: [torch.randn(3), torch.randn(4), torch.randn(16), torch.randn(21), torch.randn(1)]),
        "randn64": drawn(lambda: [torch.randn(3, dtype=f64), torch.randn(19, dtype=f64)]),
        "randint": drawn(lambda: [torch.randint(10, (6,)), torch.randint(-5, 1000000, (4,))]),
        "randperm": drawn(lambda: [torch.randperm(10), torch.randperm(100)]),
        "linear": drawn(lambda: list(torch.nn.Linear(3, 4).parameters())),
        "conv2d": drawn(lambda: list(torch.nn.Conv2d(2, 3, 3).parameters())),
        "lstm": drawn(lambda: list(torch.nn.LSTM(2, 3).parameters())),
        "embedding": drawn(lambda: list(torch.nn.Embedding(5, 4).parameters())),
        "attention": drawn(lambda: list(torch.nn.MultiheadAttention(4, 2).parameters())),
        "dropout": drawn(lambda: [F.dropout(torch.ones(20), 0.3)]),
        "dropoutLarge": drawn(lambda: [F.dropout(torch.ones(40, 50), 0.1), torch.rand(1)]),
        "dropout2d": drawn(lambda: [F.dropout2d(torch.ones(3, 4, 2, 2), 0.3), F.dropout1d(torch.ones(2, 5, 1), 0.5)]),
        "alphaDropout": drawn(lambda: [F.alpha_dropout(torch.ones(10), 0.3, training=True)]),
        "gru": drawn(lambda: list(torch.nn.GRU(2, 3, num_layers=2, bidirectional=True).parameters())),
        "cells": drawn(lambda: list(torch.nn.LSTMCell(2, 3).parameters()) + list(torch.nn.GRUCell(2, 3).parameters())),
        "convTranspose2d": drawn(lambda: list(torch.nn.ConvTranspose2d(2, 4, 3, groups=2).parameters())),
        "conv1d": drawn(lambda: list(torch.nn.Conv1d(2, 4, 3).parameters())),
        "like": drawn(
            lambda: [
                torch.rand_like(torch.zeros(3, 4).t()),
                torch.rand_like(torch.zeros(4, 6).t()[::2]),
                torch.rand_like(torch.zeros(3, 1).expand(3, 4)),
                torch.rand_like(torch.zeros(2, 3, 4).permute(1, 2, 0)),
                torch.rand_like(torch.zeros(3, 3).t()),
                torch.rand_like(torch.zeros(5)),
            ]
        ),
        "normalLike": drawn(lambda: [torch.randn_like(torch.zeros(4, 5).t()), torch.randn_like(torch.zeros(4, 5))]),
        "padding": drawn(lambda: list(torch.nn.Embedding(5, 4, padding_idx=-2).parameters())),
        "encoder": drawn(
            lambda: list(
                torch.nn.TransformerEncoder(torch.nn.TransformerEncoderLayer(4, 2, dim_feedforward=6), 2).parameters()
            )
        ),
        "moreInit": drawn(
            lambda: [
                torch.nn.init.orthogonal_(torch.empty(5, 3)),
                torch.nn.init.orthogonal_(torch.empty(4, 5, 2), gain=2),
                torch.nn.init.trunc_normal_(torch.empty(30), mean=0.5, std=2, a=-1, b=3),
                torch.nn.init.sparse_(torch.empty(6, 4), 0.4, std=0.5),
                torch.nn.init.dirac_(torch.empty(4, 2, 3, 3), groups=2),
            ]
        ),
        "init": drawn(
            lambda: [
                torch.nn.init.xavier_uniform_(torch.empty(3, 4)),
                torch.nn.init.xavier_normal_(torch.empty(4, 5)),
                torch.nn.init.kaiming_uniform_(torch.empty(3, 4), nonlinearity="relu"),
                torch.nn.init.kaiming_normal_(torch.empty(4, 5), mode="fan_out", nonlinearity="relu"),
                torch.nn.init.uniform_(torch.empty(3), -2, 3),
                torch.nn.init.normal_(torch.empty(3), 1, 2),
            ]
        ),
    }


def differences(name, old, new):
    if isinstance(old, dict):
        return [d for k in old for d in differences(f"{name}.{k}", old[k], new.get(k))] if isinstance(new, dict) else [name]
    if isinstance(old, list):
        if not isinstance(new, list) or len(old) != len(new):
            return [name]
        return [d for i, (a, b) in enumerate(zip(old, new)) for d in differences(f"{name}[{i}]", a, b)]
    if isinstance(old, float) and isinstance(new, float):
        # Losses of a training in float32 depend a little on the processor.
        tolerance = 1e-5 if name.startswith("curve") else 1e-13
        return [] if abs(old - new) <= tolerance * max(1, abs(old)) else [f"{name}: {old} is now {new}"]
    return [] if old == new else [f"{name}: {old} is now {new}"]


def inputs(name):
    with open(os.path.join(HERE, name + ".json")) as file:
        return json.load(file)


def ops_results():
    ops = inputs("ops")
    return {**ops, "cases": [{**c, **(run_op(c) if "op" in c else run_module(c))} for c in ops["cases"]]}


def optim_results():
    optim = inputs("optim")
    return {
        **optim,
        "optimizers": [{**c, **run_optimizer(c)} for c in optim["optimizers"]],
        "sparse": [{**c, **run_optimizer(c)} for c in optim["sparse"]],
        "schedulers": [{**c, **run_scheduler(c)} for c in optim["schedulers"]],
    }


RESULTS = {
    "ops": ops_results,
    "optim": optim_results,
    "random": random_numbers,
    "curve": curve,
    "tensorOps": lambda: tensorOps.results(dump),
    "nn": lambda: nnCases.results(dump),
}


def main():
    check = "--check" in sys.argv
    wanted = [a for a in sys.argv[1:] if not a.startswith("--")] or list(RESULTS)
    paths = {name: os.path.join(HERE, name + ".json") for name in wanted}
    new = {name: RESULTS[name]() for name in wanted}
    if check:
        found = [d for name, path in paths.items() for d in differences(name, json.load(open(path)), new[name])]
        print("\n".join(found[:20]) or "all values are as PyTorch " + torch.__version__ + " gives them")
        sys.exit(1 if found else 0)
    for name, path in paths.items():
        with open(path, "w") as file:
            json.dump(new[name], file)


main()
