"""Files as Python's own packages write them, and what scikit-learn's scalers give.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install numpy==2.4.6 safetensors==0.5.3 scikit-learn==1.9.1
    /tmp/golden/bin/python test/golden/makeFiles.py

writes files/ (small .npy, .npz and .safetensors files), files.json (what is in each) and scalers.json.
"""
import io
import json
import os
import zipfile

import numpy as np
from numpy.lib import format as npy
from safetensors import serialize
from safetensors.numpy import save_file
from sklearn.preprocessing import MinMaxScaler, StandardScaler

HERE = os.path.dirname(os.path.abspath(__file__))
FILES = os.path.join(HERE, "files")
os.makedirs(FILES, exist_ok=True)
expected = {}


def plain(a):
    """Numbers as JSON has them; NaN and infinities as texts."""
    def one(x):
        if isinstance(x, list):
            return [one(y) for y in x]
        return x if not isinstance(x, float) or np.isfinite(x) else str(x)
    return one(a.tolist())


def expect(name, dtype, a):
    expected[name] = {"dtype": dtype, "shape": list(a.shape), "data": plain(a)}


# ---- .npy
floats = np.array([[1.5, -2.25, 3e30], [0.1, np.inf, np.nan]])
whole = np.array([[1, -2, 3], [4, 5, -2147483648]])
arrays = {
    "float32": ("float32", floats.astype("<f4")),
    "float64": ("float64", floats.astype("<f8")),
    "float64-big": ("float64", floats.astype(">f8")),
    "float16": ("float32", np.array([1, -2.5, 2**-24, 65504, np.inf], "<f2")),
    "int64": ("int32", whole.astype("<i8")),
    "int64-big": ("int32", whole.astype(">i8")),
    "int32": ("int32", whole.astype("<i4")),
    "int16": ("int32", np.array([-32768, 32767], "<i2")),
    "uint16": ("int32", np.array([0, 65535], "<u2")),
    "int8": ("int32", np.array([-128, 127], "i1")),
    "uint8": ("int32", np.array([0, 255], "u1")),
    "uint32": ("int32", np.array([0, 2**31 - 1], "<u4")),
    "uint64": ("int32", np.array([0, 2**31 - 1], "<u8")),
    "bool": ("bool", np.array([[True], [False]])),
    "fortran": ("float32", np.asfortranarray(np.arange(24, dtype="<f4").reshape(2, 3, 4))),
    "scalar": ("float64", np.array(2.5)),
    "empty": ("float32", np.zeros((0, 3), "<f4")),
}
for name, (dtype, a) in arrays.items():
    np.save(os.path.join(FILES, f"{name}.npy"), a)
    expect(f"{name}.npy", dtype, a)
for version in [(2, 0), (3, 0)]:
    name = f"version{version[0]}.npy"
    with open(os.path.join(FILES, name), "wb") as f:
        npy.write_array(f, np.arange(3, dtype="<f4"), version=version)
    expect(name, "float32", np.arange(3, dtype="<f4"))

refused = {
    "objects.npy": np.array([{"a": 1}, None], dtype=object),
    "records.npy": np.array([(1, 2.0)], dtype=[("a", "<i4"), ("b", "<f4")]),
    "complex.npy": np.array([1 + 2j]),
    "large.npy": np.array([2**40]),
}
for name, a in refused.items():
    np.save(os.path.join(FILES, name), a, allow_pickle=True)

# ---- .npz
pair = {"x": np.arange(6, dtype="<f4").reshape(2, 3), "größe": np.array([1, 2, 3])}
np.savez(os.path.join(FILES, "stored.npz"), **pair)
np.savez_compressed(os.path.join(FILES, "deflated.npz"), **pair)
for name in ["stored.npz", "deflated.npz"]:
    expected[name] = {
        "x": {"dtype": "float32", "shape": [2, 3], "data": plain(pair["x"])},
        "größe": {"dtype": "int32", "shape": [3], "data": [1, 2, 3]},
    }
# What torch.save writes is a zip archive too: its entries, without torch.
with zipfile.ZipFile(os.path.join(FILES, "pickle.pt"), "w") as z:
    z.writestr("model/data.pkl", b"\x80\x02}q\x00.")

# ---- .safetensors
raw = {
    "F64": ("float64", "float64", np.array([[1 / 3, -2.0]], "<f8")),
    "F32": ("float32", "float32", np.array([[0.1, np.inf]], "<f4")),
    "F16": ("float16", "float32", np.array([1, -2.5, 2**-24], "<f2")),
    "I64": ("int64", "int32", np.array([-7, 2**31 - 1], "<i8")),
    "I32": ("int32", "int32", np.array(-5, "<i4")),
    "I16": ("int16", "int32", np.array([-300], "<i2")),
    "I8": ("int8", "int32", np.array([-3], "i1")),
    "U8": ("uint8", "int32", np.array([200], "u1")),
    "BOOL": ("bool", "bool", np.array([True, False, True])),
    "empty": ("float32", "float32", np.zeros((2, 0), "<f4")),
}
tensors = {name: {"dtype": kind, "shape": list(a.shape), "data": a.tobytes()} for name, (kind, _, a) in raw.items()}
upper = np.array([1.5, -3.140625], "<f4")
tensors["BF16"] = {"dtype": "bfloat16", "shape": [2], "data": (upper.view("<u4") >> 16).astype("<u2").tobytes()}
with open(os.path.join(FILES, "kinds.safetensors"), "wb") as f:
    f.write(serialize(tensors, {"made by": "safetensors for Python", "größe": "klein"}))
expected["kinds.safetensors"] = {
    name: {"dtype": dtype, "shape": list(a.shape), "data": plain(a)} for name, (_, dtype, a) in raw.items()
}
expected["kinds.safetensors"]["BF16"] = {"dtype": "float32", "shape": [2], "data": plain(upper)}

linear = {
    "weight": np.array([[1, 2, 3], [4, 5, 6]], "<f4"),
    "bias": np.array([0.5, -0.5], "<f4"),
}
save_file(linear, os.path.join(FILES, "linear.safetensors"), metadata={"format": "pt"})
np.savez(os.path.join(FILES, "linear.npz"), **linear)

with open(os.path.join(HERE, "files.json"), "w") as f:
    json.dump(expected, f, indent=1, ensure_ascii=False)
    f.write("\n")

# ---- scalers
fit = np.array([[1, 10, 5, -1e6], [2, 20, 5, 3e6], [4, np.nan, 5, 2.5e6], [7, -30, 5, 1e6]])
new = np.array([[0, 0, 5, 0], [3, 15, 7, 1e7]])
cases = []
for scaler, options in [
    (StandardScaler, {}),
    (StandardScaler, {"with_mean": False}),
    (StandardScaler, {"with_std": False}),
    (MinMaxScaler, {}),
    (MinMaxScaler, {"feature_range": (-1, 1)}),
    (MinMaxScaler, {"clip": True}),
]:
    for dtype in ["float64", "float32"]:
        s = scaler(**options).fit(fit.astype(dtype))
        forward = s.transform(new.astype(dtype))
        fields = {k: plain(np.asarray(v)) for k, v in vars(s).items() if k.endswith("_") and isinstance(v, np.ndarray)}
        cases.append({
            "scaler": scaler.__name__, "options": options, "dtype": dtype, "fields": fields,
            "transform": plain(forward), "fitted": plain(s.transform(fit.astype(dtype))), "inverse": plain(s.inverse_transform(forward)),
        })
constant = np.full((10, 1), 0.1)
cases.append({
    "scaler": "StandardScaler", "options": {}, "dtype": "float64", "constant": 0.1,
    "scale": StandardScaler().fit(constant).scale_.tolist(),
})
with open(os.path.join(HERE, "scalers.json"), "w") as f:
    json.dump({"fit": plain(fit), "new": plain(new), "cases": cases}, f, indent=1)
    f.write("\n")
