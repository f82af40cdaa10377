"""Cases for tensorOps.json, which make.py writes: ops with their inputs, results and gradients in float64.

Each case is (name in the file, function, inputs, options). Inputs are shapes, filled with multiples of 1/32 that float32
holds exactly, or tensors. Options have PyTorch's names; tensors among them are indices and masks. A result of several
tensors is a tuple; gradients are taken where a result is floating and an input is.
"""
import math
import random
import zlib

import torch
import torch.nn.functional as F

i64 = torch.int64
NAN, INF = float("nan"), float("inf")


def t(*data, dtype=torch.float64):
    return torch.tensor(data if len(data) > 1 else data[0], dtype=dtype)


def ints(*data):
    return t(*data, dtype=i64)


def plain(f):
    """A function that returns a named tuple, as one that returns a tuple."""
    return lambda *a, **o: tuple(f(*a, **o))


def definite(a):
    return a @ a.transpose(-2, -1) + 2 * torch.eye(a.shape[-1], dtype=a.dtype)


def regular(a):
    return a + 4 * torch.eye(a.shape[-1], dtype=a.dtype)


def index(x, entries):
    return x[tuple(slice(*e) if isinstance(e, list) else slice(None) if e is None else e for e in entries)]


def index_put(x, values, entries, accumulate=False):
    y = x.clone()
    places = tuple(slice(None) if e is None else e for e in entries)
    if accumulate:
        return x.index_put(places, values, accumulate=True)
    y[places] = values
    return y


def same_order(f):
    """Sorting the values with a stable order, so that positions of equal ones are defined."""
    return lambda x, **o: tuple(f(x, stable=True, **o))


L = torch.linalg
ties = t([3.0, 1, 3, 2, 1, 1, 2], [0.0, -1, 5, 5, 5, -1, 0])
points = t([[0.0, 0, 1], [1, 2, 3], [1, 2, 3], [-1, 0.5, 2]])
mask = torch.tensor([[True, False, True], [False, True, True]])

CASES = [
    # order
    ("sort", same_order(torch.sort), [(3, 5)], {}),
    ("sort", same_order(torch.sort), [ties], {"dim": 1, "descending": True}),
    ("sort", same_order(torch.sort), [ties], {"dim": 0}),
    ("sort", same_order(torch.sort), [t(2.0, NAN, -1, INF, NAN, -INF)], {}),
    ("sort", same_order(torch.sort), [t(2.0, NAN, -1, INF, NAN, -INF)], {"descending": True}),
    ("sort", same_order(torch.sort), [(2, 40)], {"descending": True}),
    ("sort", same_order(torch.sort), [(2, 37, 2)], {"dim": 1}),
    ("argsort", lambda x, **o: torch.sort(x, stable=True, **o)[1], [ties], {"dim": -1, "descending": True}),
    ("topk", plain(torch.topk), [(3, 6)], {"k": 3}),
    ("topk", plain(torch.topk), [(6, 2)], {"k": 2, "dim": 0, "largest": False}),
    ("kthvalue", plain(torch.kthvalue), [(3, 6)], {"k": 4}),
    ("kthvalue", plain(torch.kthvalue), [(5, 2)], {"k": 2, "dim": 0, "keepdim": True}),
    ("median", torch.median, [(3, 4)], {}),
    ("median", torch.median, [t(2.0, 1, 2, 2, 5)], {}),
    ("median", torch.median, [t(2.0, NAN, 3)], {}),
    ("median_dim", plain(torch.median), [(3, 4)], {"dim": 1}),
    ("median_dim", plain(torch.median), [(3, 5)], {"dim": 0, "keepdim": True}),
    ("quantile", torch.quantile, [(3, 5)], {"q": 0.3}),
    ("quantile", torch.quantile, [(3, 5)], {"q": 0.6, "dim": 0, "keepdim": True}),
    *[("quantile", torch.quantile, [(3, 4)], {"q": 0.55, "dim": 1, "interpolation": m})
      for m in ("linear", "lower", "higher", "nearest", "midpoint")],
    ("quantile_list", lambda x, q, **o: torch.quantile(x, t(*q), **o), [(2, 7)], {"q": [0.0, 0.25, 1.0], "dim": 1}),
    # unique
    ("unique", lambda x: torch.unique(x, return_inverse=True, return_counts=True), [ties], {}),
    ("unique_dim", lambda x, dim: torch.unique(x, dim=dim, return_inverse=True, return_counts=True),
     [t([1.0, 2], [0, 3], [1, 2], [0, 1])], {"dim": 0}),
    ("unique_dim", lambda x, dim: torch.unique(x, dim=dim, return_inverse=True, return_counts=True),
     [t([[1.0, 0, 1], [2, 5, 2]], [[0, 1, 0], [3, 3, 3]])], {"dim": 2}),
    ("unique_consecutive", lambda x: torch.unique_consecutive(x, return_inverse=True, return_counts=True), [ties], {}),
    # pick and place
    ("scatter", lambda x, src, dim, index: x.scatter(dim, index, src), [(3, 4), (2, 3)], {"dim": 0, "index": ints([2, 0, 1], [0, 1, 2])}),
    ("scatter", lambda x, src, dim, index: x.scatter(dim, index, src), [(3, 4), (2, 2)], {"dim": 1, "index": ints([3, 0], [2, 1])}),
    ("scatter_value", lambda x, dim, index, value: x.scatter(dim, index, value), [(3, 4)], {"dim": 1, "index": ints([0], [3], [1]), "value": 1.5}),
    ("scatter_add", lambda x, src, dim, index: x.scatter_add(dim, index, src), [(3, 4), (2, 3)], {"dim": 0, "index": ints([2, 0, 2], [2, 1, 2])}),
    ("take", torch.take, [(3, 4)], {"index": ints([0, 11], [-1, 5])}),
    ("take_along_dim", lambda x, indices, dim: torch.take_along_dim(x, indices, dim), [(3, 4)], {"indices": ints([[2, 0, 0, 1]]), "dim": 0}),
    ("masked_select", lambda x, mask: x.masked_select(mask), [(2, 3)], {"mask": mask}),
    ("masked_select", lambda x, mask: x.masked_select(mask), [(2, 1)], {"mask": mask}),
    ("masked_fill", lambda x, mask, value: x.masked_fill(mask, value), [(4, 2, 3)], {"mask": mask, "value": -INF}),
    ("nonzero", torch.nonzero, [t([0.0, 1, 0], [2, 0, NAN])], {}),
    ("count_nonzero", torch.count_nonzero, [t([0.0, 1, 0], [2, 0, NAN])], {"dim": 1}),
    ("index", index, [(3, 4)], {"entries": [ints(0, 2, -1)]}),
    ("index", index, [(3, 4, 5)], {"entries": [ints([0], [2]), None, ints(1, 3, 3)]}),
    ("index", index, [(3, 4, 5)], {"entries": [None, ints([0], [2]), ints(1, 3, -3)]}),
    ("index", index, [(3, 4, 5)], {"entries": [[1, 3], ints(0, 0, 1)]}),
    ("index", index, [(3, 4, 5)], {"entries": [0, None, ints(4, 1)]}),
    ("index", index, [(2, 3, 4)], {"entries": [mask]}),
    ("index", index, [(4, 2, 3)], {"entries": [ints([3]), mask]}),
    ("index", index, [(4, 3, 2)], {"entries": [torch.tensor([True, False, True, True]), ints(2, 0, 2)]}),
    ("index_put", index_put, [(3, 4), (3,)], {"entries": [ints(0, 2, 1), ints(1, 1, 3)]}),
    ("index_put", index_put, [(3, 4), (4,)], {"entries": [ints(0, 2)]}),
    ("index_put", index_put, [(2, 3), ()], {"entries": [mask]}),
    ("index_put", index_put, [(3, 4), (3,)], {"entries": [ints(0, 0, 1), ints(1, 1, 3)], "accumulate": True}),
    # arrangement
    ("roll", torch.roll, [(3, 4)], {"shifts": 1, "dims": 0}),
    ("roll", torch.roll, [(3, 4)], {"shifts": [-1, 6], "dims": [0, 1]}),
    ("roll", torch.roll, [(3, 4)], {"shifts": 5}),
    ("tile", lambda x, dims: x.tile(dims), [(2, 3)], {"dims": [2, 1, 3]}),
    ("tile", lambda x, dims: x.tile(dims), [(2, 3, 2)], {"dims": [2]}),
    ("repeat", lambda x, sizes: x.repeat(sizes), [(2, 3)], {"sizes": [2, 1, 2]}),
    ("repeat_interleave", torch.repeat_interleave, [(2, 3)], {"repeats": 2}),
    ("repeat_interleave", torch.repeat_interleave, [(2, 3)], {"repeats": ints(2, 0, 1), "dim": 1}),
    ("hstack", lambda *a: torch.hstack(a), [(2, 3), (2, 1)], {}),
    ("hstack", lambda *a: torch.hstack(a), [(3,), (2,)], {}),
    ("vstack", lambda *a: torch.vstack(a), [(3,), (2, 3)], {}),
    ("dstack", lambda *a: torch.dstack(a), [(3,), (3,)], {}),
    ("meshgrid", lambda *a, indexing: torch.meshgrid(*a, indexing=indexing), [(3,), (2,), (4,)], {"indexing": "ij"}),
    ("meshgrid", lambda *a, indexing: torch.meshgrid(*a, indexing=indexing), [(3,), (2,)], {"indexing": "xy"}),
    ("diff", torch.diff, [(3, 4)], {}),
    ("diff", torch.diff, [(4, 3)], {"n": 2, "dim": 0}),
    *[("rot90", torch.rot90, [(2, 3)], {"k": k, "dims": [0, 1]}) for k in (1, 2, 3, 4, -1)],
    ("fliplr", torch.fliplr, [(2, 3)], {}),
    ("flipud", torch.flipud, [(2, 3)], {}),
    ("triu", torch.triu, [(2, 3, 4)], {"diagonal": -1}),
    ("diag", torch.diag, [(3,)], {"diagonal": 1}),
    ("diag", torch.diag, [(3, 4)], {"diagonal": -1}),
    ("squeeze", torch.squeeze, [(1, 3, 1)], {}),
    ("squeeze", torch.squeeze, [(1, 3, 1)], {"dim": 2}),
    ("chunk", lambda x, **o: torch.chunk(x, **o), [(7, 2)], {"chunks": 3, "dim": 0}),
    ("chunk", lambda x, **o: torch.chunk(x, **o), [(2, 4)], {"chunks": 6, "dim": 1}),
    ("split", lambda x, size, dim: torch.split(x, size, dim), [(7, 2)], {"size": 3, "dim": 0}),
    ("split", lambda x, size, dim: torch.split(x, size, dim), [(2, 5)], {"size": [1, 4], "dim": 1}),
    # windows and images
    ("unfold", lambda x, dimension, size, step: x.unfold(dimension, size, step), [(2, 7)], {"dimension": 1, "size": 3, "step": 2}),
    ("unfold", lambda x, dimension, size, step: x.unfold(dimension, size, step), [(5, 2, 3)], {"dimension": 0, "size": 2, "step": 1}),
    ("functional_unfold", F.unfold, [(2, 3, 4, 5)], {"kernel_size": [2, 3]}),
    ("functional_unfold", F.unfold, [(1, 2, 5, 6)], {"kernel_size": [3, 2], "padding": [1, 0], "stride": [2, 1], "dilation": [1, 2]}),
    ("functional_unfold", F.unfold, [(2, 4, 4)], {"kernel_size": 2, "stride": 2}),
    ("fold", F.fold, [(2, 12, 12)], {"output_size": [4, 5], "kernel_size": [2, 2]}),
    ("fold", F.fold, [(1, 12, 8)], {"output_size": [4, 5], "kernel_size": [2, 3], "padding": [1, 0], "stride": [1, 2], "dilation": [2, 1]}),
    ("interpolate", F.interpolate, [(2, 2, 3, 4)], {"scale_factor": 2.0}),
    ("interpolate", F.interpolate, [(1, 2, 5, 7)], {"size": [3, 10]}),
    ("interpolate", F.interpolate, [(1, 2, 7)], {"scale_factor": 1.6, "mode": "nearest"}),
    ("interpolate", F.interpolate, [(1, 1, 5, 7)], {"size": [8, 3], "mode": "nearest-exact"}),
    ("interpolate", F.interpolate, [(1, 1, 2, 3, 2)], {"scale_factor": 2.0, "mode": "nearest"}),
    ("interpolate", F.interpolate, [(2, 1, 3, 4)], {"scale_factor": 2.0, "mode": "bilinear", "align_corners": False}),
    ("interpolate", F.interpolate, [(2, 1, 3, 4)], {"scale_factor": [1.5, 2.3], "mode": "bilinear"}),
    ("interpolate", F.interpolate, [(1, 1, 3, 4)], {"scale_factor": 2.3, "mode": "bilinear", "recompute_scale_factor": True}),
    ("interpolate", F.interpolate, [(1, 2, 5, 6)], {"size": [3, 9], "mode": "bilinear", "align_corners": True}),
    ("interpolate", F.interpolate, [(1, 2, 5, 6)], {"size": [1, 4], "mode": "bilinear", "align_corners": True}),
    ("interpolate", F.interpolate, [(1, 2, 5)], {"size": 8, "mode": "linear"}),
    ("interpolate", F.interpolate, [(1, 1, 3, 5)], {"size": [7, 4], "mode": "bicubic"}),
    ("interpolate", F.interpolate, [(1, 1, 3, 5)], {"scale_factor": 1.7, "mode": "bicubic", "align_corners": True}),
    ("interpolate", F.interpolate, [(1, 1, 2, 3, 2)], {"size": [3, 4, 3], "mode": "trilinear"}),
    ("interpolate", F.interpolate, [(1, 2, 5, 7)], {"size": [3, 4], "mode": "area"}),
    # distances: the middle two points are equal, so some distances are 0
    *[("cdist", torch.cdist, [points, points + 0], {"p": p}) for p in (0.0, 1.0, 1.5, 2.0, 3.0, INF)],
    *[("cdist", torch.cdist, [(2, 3, 4), (5, 4)], {"p": p}) for p in (1.0, 2.0, 3.0, INF)],
    ("cdist", torch.cdist, [t([[1.0, -1]]), t([[0.0, 0]])], {"p": INF}),
    # linear algebra
    ("cholesky", lambda a, **o: L.cholesky(definite(a), **o), [(3, 3)], {}),
    ("cholesky", lambda a, **o: L.cholesky(definite(a), **o), [(2, 4, 4)], {"upper": True}),
    ("cholesky_direct", L.cholesky, [t([4.0, 1, 0.5], [1, 3, 0.25], [0.5, 0.25, 2])], {}),
    ("solve", lambda a, b: L.solve(regular(a), b), [(3, 3), (3, 2)], {}),
    ("solve", lambda a, b: L.solve(regular(a), b), [(3, 3), (3,)], {}),
    ("solve", lambda a, b: L.solve(regular(a), b), [(2, 3, 3), (2, 3)], {}),
    ("solve", lambda a, b: L.solve(regular(a), b), [(2, 1, 3, 3), (4, 3, 2)], {}),
    ("solve_direct", L.solve, [t([0.0, 2], [1, 1]), t([1.0], [3.0])], {}),
    ("inv", lambda a: L.inv(regular(a)), [(2, 3, 3)], {}),
    ("inv", lambda a: L.inv(regular(a)), [(5, 5)], {}),
    ("solve_triangular", lambda a, b, **o: L.solve_triangular(regular(a), b, **o), [(3, 3), (3, 2)], {"upper": True}),
    ("solve_triangular", lambda a, b, **o: L.solve_triangular(regular(a), b, **o), [(2, 3, 3), (3, 2)], {"upper": False, "unitriangular": True}),
    ("solve_triangular", lambda a, b, **o: L.solve_triangular(regular(a), b, **o), [(3, 3), (2, 3)], {"upper": False, "left": False}),
    ("det", torch.det, [(2, 3, 3)], {}),
    ("det", torch.det, [t([1.0, 2], [3, 4])], {}),
    ("logdet", lambda a: torch.logdet(definite(a)), [(3, 3)], {}),
    ("slogdet", lambda a: (torch.slogdet(a)[0].detach(), torch.slogdet(a)[1]), [(2, 3, 3)], {}),
    ("matrix_power", L.matrix_power, [(3, 3)], {"n": 3}),
    ("matrix_power", L.matrix_power, [(2, 2)], {"n": -2}),
    ("linalg_norm", L.norm, [(3, 4)], {}),
    ("linalg_norm", L.norm, [(3, 4)], {"ord": 1}),
    ("linalg_norm", L.norm, [(3, 4)], {"ord": -INF}),
    ("linalg_norm", L.norm, [(2, 3, 4)], {"ord": INF, "dim": [0, 2], "keepdim": True}),
    ("linalg_norm", L.norm, [(2, 3)], {"ord": "fro"}),
    ("linalg_norm", L.norm, [(2, 3)], {"ord": 3, "dim": 1}),
    ("vector_norm", L.vector_norm, [(2, 3)], {"ord": 3}),
    ("trace", torch.trace, [(3, 4)], {}),
    ("kron", torch.kron, [(2, 3), (3, 2)], {}),
    ("kron", torch.kron, [(2,), (2, 2, 2)], {}),
    ("tensordot", torch.tensordot, [(2, 3, 4), (3, 4, 2)], {"dims": 2}),
    ("tensordot", torch.tensordot, [(2, 3, 4), (4, 2, 5)], {"dims": [[0, 2], [1, 0]]}),
    ("cross", L.cross, [(2, 3), (2, 3)], {"dim": 1}),
    ("bmm", torch.bmm, [(2, 3, 4), (2, 4, 2)], {}),
    ("addmm", torch.addmm, [(3,), (2, 4), (4, 3)], {"beta": 0.5, "alpha": -2.0}),
    ("addmv", torch.addmv, [(2,), (2, 4), (4,)], {}),
    ("addr", torch.addr, [(2, 3), (2,), (3,)], {"alpha": 2.0}),
    ("baddbmm", torch.baddbmm, [(2, 2, 3), (2, 2, 4), (2, 4, 3)], {"beta": 0.0}),
    ("addcmul", torch.addcmul, [(2, 3), (3,), (2, 1)], {"value": 0.5}),
    ("addcdiv", torch.addcdiv, [(2, 3), (3,), t([1.5, 2, -2.5])], {"value": -1.0}),
    ("lerp", torch.lerp, [(2, 3), (2, 3)], {"weight": 0.75}),
    ("lerp_tensor", torch.lerp, [(2, 3), (2, 3), (2, 3)], {}),
    # elementwise and running
    ("cumprod", torch.cumprod, [(3, 4)], {"dim": 1}),
    ("cumprod", torch.cumprod, [t([2.0, 0, 3, 0, 1], [1, 2, 3, 4, 5])], {"dim": 1}),
    ("cummax", plain(torch.cummax), [ties], {"dim": 1}),
    ("cummin", plain(torch.cummin), [ties], {"dim": 1}),
    ("cummax", plain(torch.cummax), [t(1.0, NAN, 3)], {"dim": 0}),
    ("fmod", torch.fmod, [t(5.5, -5.5, 7, -7), t(2.0, 2, -3, -3.5)], {}),
    ("remainder", torch.remainder, [t(5.5, -5.5, 7, -7), t(2.0, 2, -3, -3.5)], {}),
    ("floor_divide", torch.floor_divide, [t(5.5, -5.5, 7, -7, 1, 1, 0), t(2.0, 2, -3, -3.5, 0.1, 0, 0)], {}),
    ("clamp_min", lambda x, min: x.clamp_min(min), [(2, 3)], {"min": 0.25}),
    ("clamp_max", lambda x, max: x.clamp_max(max), [(2, 3)], {"max": 0.25}),
    ("nan_to_num", torch.nan_to_num, [t(NAN, 1, INF, -INF)], {"nan": 2.0, "posinf": 9.0, "neginf": -9.0}),
    ("amax", torch.amax, [t([3.0, 3, 1, 3], [1, 1, 0, 0])], {"dim": 1}),
    ("amin", torch.amin, [t([3.0, 3, 1, 3], [1, 1, 1, 5])], {"dim": 1}),
    ("einsum", lambda *x, equation: torch.einsum(equation, *x), [(4, 2, 3), (3, 5)], {"equation": "...ij,jk->...ik"}),
    ("einsum", lambda *x, equation: torch.einsum(equation, *x), [(4, 1, 2, 3), (5, 3, 2)], {"equation": "...ij,...jk"}),
    ("einsum", lambda *x, equation: torch.einsum(equation, *x), [(2, 3, 4), (4, 1)], {"equation": "...i,ij->j..."}),
    ("einsum", lambda *x, equation: torch.einsum(equation, *x), [(2, 3, 3)], {"equation": "...ii->..."}),
    ("einsum", lambda *x, equation: torch.einsum(equation, *x), [(2, 3), (3,)], {"equation": "...i,i->i"}),
    ("einsum", lambda *x, equation: torch.einsum(equation, *x), [(2, 1), (3, 4)], {"equation": "ij,jk->ik"}),
    ("pad", F.pad, [(1, 2, 3, 4)], {"pad": [2, 3, 1, 2], "mode": "reflect"}),
    ("pad", F.pad, [(1, 2, 3, 4)], {"pad": [2, 0, 5, 1], "mode": "replicate"}),
    ("pad", F.pad, [(1, 2, 3, 4)], {"pad": [4, 1, 0, 3], "mode": "circular"}),
    ("cat", lambda *x, dim: torch.cat(x, dim), [(0,), (2, 3), (2, 1)], {"dim": 1}),
    ("norm_fro", lambda x, dim: x.norm("fro", dim), [(2, 3, 2)], {"dim": [0, 2]}),
    # counting and comparing
    ("bincount", lambda x: torch.bincount(x), [ints(3, 1, 1, 5)], {}),
    ("bincount", torch.bincount, [ints(3, 1, 1, 5)], {"weights": t(0.5, 1, 2, 4), "minlength": 8}),
    ("histc", torch.histc, [(4, 5)], {"bins": 6}),
    ("histc", torch.histc, [(4, 5)], {"bins": 4, "min": -1, "max": 1}),
    ("histc", torch.histc, [t(2.0, 2, 2)], {"bins": 3}),
    ("searchsorted", torch.searchsorted, [t(1.0, 3, 3, 5, NAN), t(0.0, 3, 4, 9, NAN)], {}),
    ("searchsorted", torch.searchsorted, [t(1.0, 3, 3, 5, NAN), t(0.0, 3, 4, 9, NAN)], {"right": True}),
    ("searchsorted", torch.searchsorted, [t([1.0, 2, 3], [4, 5, 6]), t([2.5, 0], [9, 5])], {}),
    ("isclose", torch.isclose, [t(1.0, 1, INF, INF, NAN, 0), t(1 + 1e-6, 1.1, INF, 1, NAN, 1e-9)], {}),
    ("isclose", torch.isclose, [t(1.0, 1, INF, -INF, NAN), t(1.05, 1.2, INF, INF, NAN)], {"rtol": 0.1, "equal_nan": True}),
]


# Recorded by PyTorch, but only to say that there is no gradient.
WITHOUT_GRADIENT = ["unique", "unique_dim", "unique_consecutive", "histc", "floor_divide"]


def filled(shape, seed):
    numbers = random.Random(seed)
    size = 1
    for n in shape:
        size *= n
    # Different ones as long as there are enough, so that an order is defined.
    data = numbers.sample(range(-96, 97), size) if size <= 96 else [numbers.randrange(-96, 97) for _ in range(size)]
    return torch.tensor([n / 32 for n in data], dtype=torch.float64).reshape(shape)


def run(dump):
    cases = []
    for number, (name, f, inputs, options) in enumerate(CASES):
        seed = zlib.crc32(f"{name}{sum(c[0] == name for c in CASES[:number])}".encode())
        args = [x if torch.is_tensor(x) else filled(x, seed + i) for i, x in enumerate(inputs)]
        args = [a.clone().requires_grad_(a.is_floating_point()) for a in args]
        results = f(*args, **options)
        results = list(results) if isinstance(results, (tuple, list)) else [results]
        case = {"op": name, "args": written(args, dump), "options": written(options, dump), "outs": written(results, dump)}
        recorded = [y for y in results if y.requires_grad]
        if recorded and name not in WITHOUT_GRADIENT:
            seeds = [filled(y.shape, seed + 100 + i) for i, y in enumerate(recorded)]
            wanted = [a for a in args if a.requires_grad]
            grads = torch.autograd.grad(recorded, wanted, seeds, allow_unused=True)
            case["gradOuts"] = written(seeds, dump)
            case["grads"] = written([torch.zeros_like(a) if g is None else g for a, g in zip(wanted, grads)], dump)
        cases.append(case)
    return {"source": "PyTorch " + torch.__version__, "cases": cases}


def written(value, dump):
    if torch.is_tensor(value):
        return written(dump(value), dump)
    if isinstance(value, dict):
        return {k: written(v, dump) for k, v in value.items()}
    if isinstance(value, list):
        return [written(v, dump) for v in value]
    # JSON has no names for these; the test reads them back.
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def samples():
    """What is drawn after manual_seed(7); one fresh seed for each entry."""
    weights = filled((3, 8), 5).abs() + 0.125
    with_zeros = t(0.0, 3, 0, 1, 2, 0, 4)
    many = (filled((500,), 9).abs() + 0.125).float()
    cases = []
    for w, count, replacement in [
        (weights, 1, False), (weights, 4, False), (weights, 8, False), (weights, 1, True), (weights, 20, True),
        (weights.float(), 1, False), (weights.float(), 5, False), (weights.float(), 30, True),
        (with_zeros.float(), 4, False), (with_zeros, 25, True), (many, 200, False), (many, 200, True),
    ]:
        torch.manual_seed(7)
        drawn = torch.multinomial(w, count, replacement)
        cases.append({"weights": w, "count": count, "replacement": replacement, "drawn": drawn, "after": torch.rand(2)})
    tosses = []
    for p in [filled((3, 9), 2).abs() / 4, (filled((3, 9), 2).abs() / 4).float()]:
        torch.manual_seed(7)
        tosses.append({"weights": p, "drawn": torch.bernoulli(p)})
    return {"multinomial": cases, "bernoulli": tosses}


# A tensor to print: its data, or start + i · step.
PRINTED = [
    ([], "float32", [0.6931471805599453]), ([], "int64", [7]), ([], "float32", [3.0]), ([], "float32", [1e10]),
    ([3], "float32", [1.0, 2.0, 30.0]), ([2, 2], "float32", [1.0, -2.5, 3.0, 4.0]), ([2], "float32", [1e-5, 1.0]),
    ([3], "float32", [NAN, INF, 1.5]), ([3], "float32", [NAN, INF, 2.0]), ([2], "float32", [-INF, -1.0]),
    ([2], "bool", [1, 0]), ([2], "int64", [1, -10]), ([2, 0], "float32", []), ([0], "float32", []),
    ([2, 1, 2], "float32", [0.0, 0.0, 0.0, 0.0]), ([2], "float32", [0.0, -0.0]), ([2], "float32", [-0.0, 0.5]),
    ([2], "float32", [1e9, 1.0]), ([2], "float32", [123456.0, 1.0]), ([2], "float32", [0.1, 1000.5]),
    ([2], "float32", [0.0001, 0.01]), ([2], "float32", [0.00009, 0.01]), ([3], "float32", [1.5, 1500.25, 2.0]),
    ([2], "float32", [12345.678, 0.5]), ([2], "float32", [1e8, 2.0]), ([2], "float32", [99999999.0, 0.5]),
    ([2], "float64", [1e-300, 1e300]), ([2], "float64", [1e-10, 0.0]), ([2], "float32", [-1e-5, 100.0]),
    ([2, 2, 2], "int64", list(range(8))), ([1, 2, 1, 2], "float32", [1.25, 2.0, 3.0, 4.0]),
    ([25], "float32", (0.5, 1.0)), ([60], "int64", (0, 1)), ([30], "float32", (-1000.5, 100.25)), ([2, 20], "float32", (0.0, 1.0)),
    ([40], "bool", (0, 1)), ([1000], "int64", (0, 1)), ([1001], "int64", (0, 1)), ([2, 1000], "int64", (0, 1)), ([40, 30], "float32", (-3.0, 0.25)),
    ([12, 11, 10], "float32", (0.0, 1.0)), ([2, 3, 400], "int64", (-7, 1)), ([1001, 1], "float32", (0.0, 0.5)),
    ([1, 1001], "float64", (0.0, 1e-7)), ([4, 4, 4, 20], "float32", (0.0, 0.125)),
]


def printed():
    cases = []
    for shape, dtype, data in PRINTED:
        size = math.prod(shape)
        numbers = [data[0] + i * data[1] for i in range(size)] if isinstance(data, tuple) else data
        x = torch.tensor(numbers, dtype=torch.float64).to(getattr(torch, dtype)).reshape(shape)
        # Only the elements: what follows them names other things than ours.
        text = torch._tensor_str._tensor_str(x, len("tensor("))
        cases.append({"shape": shape, "dtype": dtype, "data": data if isinstance(data, list) else list(data),
                      "range": isinstance(data, tuple), "text": text})
    return cases


def results(dump):
    return {**run(dump), "samples": written(samples(), dump), "printed": written(printed(), dump)}
