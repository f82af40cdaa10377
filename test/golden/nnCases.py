"""Modules, losses and activations of torch.nn with inputs and results, for nn.json. Called by make.py.

A case of a function: {"function", "args", "options", "out", "grads"}; of a module: {"module", "sizes", "options",
"state", "inputs", "forward", "out", "grads"}. Names are PyTorch's; tensors that want a gradient are float64.
"""
import torch
import torch.nn.functional as F

generator = torch.Generator()


def randn(*shape):
    # Few digits, so that the file stays small.
    return (torch.randn(*shape, generator=generator, dtype=torch.float64) * 64).round() / 64


targets = []


def target(t):
    """No gradient is wanted by it."""
    targets.append(t)
    return t


def signs(n):
    return target(torch.where(torch.rand(n, generator=generator) < 0.5, -1.0, 1.0).double())


def integers(high, *shape):
    return torch.randint(high, shape, generator=generator)


def rms_norm(x, normalized_shape, weight, eps):
    """PyTorch 1.13 has none."""
    dims = tuple(range(-len(normalized_shape), 0))
    return x / torch.sqrt((x**2).mean(dims, keepdim=True) + eps) * weight


def functions():
    x = randn(3, 4)
    yield "celu", [x], {"alpha": 1.5}
    yield "hardshrink", [x], {"lambd": 0.4}
    yield "softshrink", [x], {"lambd": 0.4}
    yield "tanhshrink", [x], {}
    yield "threshold", [x], {"threshold": 0.2, "value": -3.0}
    yield "glu", [x], {"dim": 1}
    yield "softmin", [x], {"dim": 1}
    yield "normalize", [x], {}
    yield "normalize", [x], {"p": 1.0, "dim": 0}
    yield "cosine_similarity", [randn(3, 4), randn(3, 4)], {}
    yield "cosine_similarity", [randn(3, 4), randn(3, 4)], {"dim": 0}
    yield "pairwise_distance", [randn(3, 4), randn(3, 4)], {}
    yield "pairwise_distance", [randn(3, 4), randn(3, 4)], {"p": 1.0, "keepdim": True}
    for reduction in "mean", "sum", "none":
        yield "cosine_embedding_loss", [randn(5, 3), randn(5, 3), signs(5)], {"margin": 0.2, "reduction": reduction}
    yield "hinge_embedding_loss", [randn(6), signs(6)], {"margin": 0.7}
    yield "margin_ranking_loss", [randn(6), randn(6), signs(6)], {"margin": 0.3}
    yield "triplet_margin_loss", [randn(4, 3), randn(4, 3), randn(4, 3)], {}
    yield "triplet_margin_loss", [randn(4, 3), randn(4, 3), randn(4, 3)], {"swap": True, "margin": 2.0, "p": 1.0}
    yield "gaussian_nll_loss", [randn(4, 3), randn(4, 3), randn(4, 3).abs()], {}
    yield "gaussian_nll_loss", [randn(4, 3), randn(4, 3), randn(4, 1).abs()], {"full": True, "reduction": "sum"}
    yield "poisson_nll_loss", [randn(6), target(integers(5, 6).double())], {}
    yield "poisson_nll_loss", [randn(6).abs(), target(integers(5, 6).double())], {"log_input": False, "full": True}
    yield "soft_margin_loss", [randn(6), signs(6)], {}
    yield "multi_margin_loss", [randn(4, 5), integers(5, 4)], {}
    yield "multi_margin_loss", [randn(4, 5), integers(5, 4)], {"p": 2, "margin": 0.5, "reduction": "sum"}
    yield "multilabel_soft_margin_loss", [randn(4, 3), target(integers(2, 4, 3).double())], {}
    yield "pixel_shuffle", [randn(2, 8, 2, 3)], {"upscale_factor": 2}
    yield "pixel_unshuffle", [randn(2, 2, 4, 6)], {"downscale_factor": 2}
    yield "rms_norm", [randn(2, 3, 4), [4], randn(4)], {"eps": 1e-6}
    yield "rms_norm", [randn(2, 3, 4), [3, 4], randn(3, 4)], {"eps": 1e-3}
    yield "max_pool1d", [randn(2, 3, 8)], {"kernel_size": 3, "stride": 2, "padding": 1}
    yield "avg_pool1d", [randn(2, 3, 8)], {"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False}
    yield "max_pool1d", [randn(2, 3, 9)], {"kernel_size": 2, "dilation": 3, "ceil_mode": True}
    yield "avg_pool1d", [randn(2, 3, 8)], {"kernel_size": 3, "ceil_mode": True}
    yield "adaptive_max_pool1d", [randn(2, 3, 8)], {"output_size": 3}
    yield "adaptive_avg_pool1d", [randn(2, 3, 8)], {"output_size": 3}
    yield "embedding", [integers(5, 2, 6), randn(5, 3)], {"padding_idx": 2}


def modules():
    nn = torch.nn
    yield nn.RNNCell, [3, 4], {"nonlinearity": "relu"}, [randn(2, 3), randn(2, 4)], {}
    yield nn.LSTMCell, [3, 4], {}, [randn(2, 3), (randn(2, 4), randn(2, 4))], {}
    yield nn.LSTMCell, [3, 4], {"bias": False}, [randn(2, 3)], {}
    yield nn.GRUCell, [3, 4], {}, [randn(2, 3), randn(2, 4)], {}
    yield nn.LSTM, [3, 4], {"num_layers": 2, "bidirectional": True}, [randn(5, 2, 3)], {}
    yield nn.GRU, [3, 4], {"bidirectional": True, "batch_first": True}, [randn(2, 5, 3)], {}
    yield nn.RNN, [3, 4], {"num_layers": 2, "nonlinearity": "relu", "bias": False}, [randn(5, 2, 3)], {}
    yield nn.BatchNorm1d, [3], {"momentum": None}, [randn(5, 3)], {}
    yield nn.BatchNorm1d, [3], {"affine": False, "eps": 1e-3, "momentum": 0.3}, [randn(5, 3, 2)], {}
    yield nn.BatchNorm2d, [3], {"track_running_stats": False}, [randn(2, 3, 2, 2)], {}
    yield nn.InstanceNorm2d, [3], {"affine": True}, [randn(2, 3, 2, 2)], {}
    yield nn.InstanceNorm1d, [3], {}, [randn(2, 3, 4)], {}
    yield nn.ConvTranspose2d, [4, 6, 3], {"stride": 2, "padding": 1, "output_padding": 1, "groups": 2}, [randn(2, 4, 3, 3)], {}
    yield nn.Conv1d, [4, 6, 3], {"stride": 2, "padding": 1, "dilation": 2, "groups": 2}, [randn(2, 4, 9)], {}
    yield nn.MaxPool2d, [3], {"stride": 2, "padding": 1, "dilation": 2, "ceil_mode": True}, [randn(1, 2, 8, 8)], {}
    yield nn.AvgPool2d, [3], {"stride": 2, "ceil_mode": True, "divisor_override": 5}, [randn(1, 2, 8, 8)], {}
    yield nn.AdaptiveMaxPool2d, [3], {}, [randn(1, 2, 8, 8)], {}
    yield nn.Upsample, [], {"scale_factor": 2, "mode": "bilinear", "align_corners": True}, [randn(1, 2, 3, 3)], {}
    yield nn.Unfold, [2], {"stride": 2, "padding": 1}, [randn(1, 2, 4, 4)], {}
    yield nn.Fold, [4, 2], {"stride": 2}, [randn(1, 8, 4)], {}
    yield nn.ZeroPad2d, [[1, 2, 0, 1]], {}, [randn(1, 2, 3, 3)], {}
    yield nn.PReLU, [3], {}, [randn(2, 3)], {}
    later = torch.ones(4, 4).triu(1).bool()
    padding = torch.tensor([[False, False, False, True], [False, False, False, False]])
    q = randn(2, 4, 6)
    yield nn.MultiheadAttention, [6, 2], {"batch_first": True}, [q, randn(2, 4, 6), randn(2, 4, 6)], {"key_padding_mask": padding}
    yield nn.MultiheadAttention, [6, 3], {"bias": False}, [randn(4, 2, 6)] * 3, {"attn_mask": later, "average_attn_weights": False}
    yield nn.MultiheadAttention, [6, 2], {}, [randn(4, 2, 6)] * 3, {"attn_mask": randn(4, 4), "key_padding_mask": padding}
    layer = {"dim_feedforward": 8, "dropout": 0.0, "batch_first": True}
    yield nn.TransformerEncoderLayer, [6, 2], {**layer, "norm_first": True, "activation": "gelu"}, [q], {"src_mask": later}
    yield nn.TransformerEncoderLayer, [6, 2], {**layer, "layer_norm_eps": 1e-3}, [q], {"src_key_padding_mask": padding}
    yield nn.TransformerEncoder, [6, 2], {**layer, "num_layers": 2, "norm": True}, [q], {"mask": later, "src_key_padding_mask": padding}

    margins = {"padding": [1, 2]}
    yield nn.Conv2d, [2, 3, 3], {**margins, "padding_mode": "reflect"}, [randn(2, 2, 4, 5)], {}
    yield nn.Conv2d, [2, 3, 3], {**margins, "padding_mode": "replicate", "stride": 2}, [randn(2, 2, 4, 5)], {}
    yield nn.Conv2d, [2, 3, 3], {**margins, "padding_mode": "circular"}, [randn(2, 2, 4, 5)], {}
    yield nn.Conv2d, [2, 3, 4], {"padding": "same", "dilation": [1, 3]}, [randn(2, 2, 5, 9)], {}
    yield nn.Conv1d, [2, 3, 4], {"padding": "same", "padding_mode": "circular"}, [randn(2, 2, 5)], {}
    yield nn.Conv1d, [2, 3, 2], {"padding": "same"}, [randn(2, 5)], {}
    yield nn.MaxPool2d, [3], {"stride": 2, "return_indices": True}, [randn(1, 2, 7, 7)], {}
    yield nn.MaxPool1d, [3], {"stride": 2, "return_indices": True}, [randn(1, 2, 7)], {}
    yield nn.AdaptiveMaxPool2d, [3], {"return_indices": True}, [randn(1, 2, 7, 7)], {}
    yield nn.RNN, [3, 4], {}, [randn(5, 3), randn(1, 4)], {}
    yield nn.LSTM, [3, 4], {"bidirectional": True, "batch_first": True}, [randn(5, 3), (randn(2, 4), randn(2, 4))], {}
    yield nn.GRU, [3, 4], {"num_layers": 2}, [randn(5, 3)], {}
    yield nn.MultiheadAttention, [6, 2], {}, [randn(4, 6), randn(3, 6), randn(3, 6)], {"key_padding_mask": padding[0, 1:]}
    yield nn.MultiheadAttention, [6, 2], {"batch_first": True}, [randn(4, 6)] * 3, {"attn_mask": later}


def make(module, sizes, options):
    if module is not torch.nn.TransformerEncoder:
        return module(*sizes, **options).double()
    rest = {k: v for k, v in options.items() if k not in ("num_layers", "norm")}
    layer = torch.nn.TransformerEncoderLayer(*sizes, **rest)
    return module(layer, options["num_layers"], norm=torch.nn.LayerNorm(sizes[0])).double()


def contracted(outputs):
    """A number that depends on every element of every output in a way of its own."""
    return sum((o * torch.arange(1, o.numel() + 1).reshape(o.shape) / o.numel()).sum() for o in outputs)


def flat(values):
    for value in values:
        if isinstance(value, (tuple, list)):
            yield from flat(value)
        elif isinstance(value, torch.Tensor):
            yield value


def wants(x):
    return isinstance(x, torch.Tensor) and x.dtype == torch.float64 and not any(x is t for t in targets)


def results(dump):
    torch.manual_seed(1)
    generator.manual_seed(1)
    as_json = lambda v: dump(v) if isinstance(v, torch.Tensor) else [as_json(e) for e in v] if isinstance(v, tuple) else v
    cases = []
    for name, args, options in functions():
        args = [a.clone().requires_grad_() if wants(a) else a for a in args]
        f = rms_norm if name == "rms_norm" else getattr(F, name)
        out = f(*args, **options)
        leaves = [a for a in args if isinstance(a, torch.Tensor) and a.requires_grad]
        grads = torch.autograd.grad(contracted([out]), leaves, allow_unused=True)
        cases.append({
            "function": name, "args": [as_json(a) for a in args], "options": options,
            "out": dump(out), "grads": [None if g is None else dump(g) for g in grads],
        })
    for module, sizes, options, inputs, forward in modules():
        own = make(module, sizes, options).train()
        for p in own.parameters():
            p.data = (p.data * 256).round() / 256
        state = {k: dump(v) for k, v in own.state_dict().items()}
        inputs = [tuple(e.clone().requires_grad_() for e in i) if isinstance(i, tuple) else i for i in inputs]
        same = {}
        inputs = [i if isinstance(i, tuple) else same.setdefault(id(i), i.clone().requires_grad_()) for i in inputs]
        outputs = list(flat([own(*inputs, **forward)]))
        contracted(outputs).backward()
        leaves = list(dict.fromkeys(flat(inputs)))
        cases.append({
            "module": module.__name__, "sizes": sizes, "options": options, "state": state,
            "inputs": [as_json(i) for i in inputs], "forward": {k: as_json(v) for k, v in forward.items()},
            "out": [dump(o) for o in outputs], "gradInputs": [dump(x.grad) for x in leaves],
            "gradParams": {k: dump(p.grad) for k, p in own.named_parameters()},
            "stateAfter": {k: dump(v) for k, v in own.named_buffers()},
        })
    return {"source": "PyTorch " + torch.__version__, "cases": cases}
