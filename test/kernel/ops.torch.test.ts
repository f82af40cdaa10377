import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { grad, linalg, nn, tensor, Tensor } from "../../kernel/gradbook.ts";
import * as ops from "../../kernel/ops/index.ts";
import { poisonMemory } from "../../kernel/tensor/storage.ts";
import { close, type Golden } from "./close.ts";

interface Case {
  op: string;
  args: Golden[];
  options: { [name: string]: any };
  outs: Golden[];
  gradOuts?: Golden[];
  grads?: Golden[];
}
// JSON has no names for these numbers; tensorOps.py writes them as text.
const revive = (_: string, value: unknown): unknown =>
  value === "NaN" ? NaN : value === "Infinity" ? Infinity : value === "-Infinity" ? -Infinity : value;
const golden = JSON.parse(readFileSync(new URL("../golden/tensorOps.json", import.meta.url), "utf8"), revive) as {
  cases: Case[];
};

/** PyTorch's options in our words: camelCase, and tensors as ours. */
function translate(options: unknown, dtype: "float32" | "float64"): any {
  if (Array.isArray(options)) return options.map((o) => translate(o, dtype));
  if (typeof options !== "object" || options === null) return options;
  if ("data" in options) return load(options as Golden, dtype);
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [
      name.replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase()),
      translate(value, dtype),
    ]),
  );
}
function load({ shape, dtype, data }: Golden, floating: "float32" | "float64"): Tensor {
  const own = dtype === "int64" ? "int32" : dtype === "bool" ? "bool" : floating;
  return tensor(Float64Array.from(data, Number), { dtype: own }).reshape(shape);
}

type Result = Tensor | readonly Tensor[] | { values: Tensor; indices: Tensor };
const F = nn.functional;
const regular = (a: Tensor): Tensor => a.add(linalg.matrixPower(a.detach(), 0).mul(4));
const definite = (a: Tensor): Tensor => a.matmul(a.transpose(-2, -1)).add(linalg.matrixPower(a.detach(), 0).mul(2));

/** Each op of the golden file in our words. */
const calls: { [op: string]: (args: Tensor[], options: any) => Result } = {
  sort: ([x], { dim, ...o }) => x!.sort(dim, o),
  argsort: ([x], { dim, ...o }) => x!.argsort(dim, o),
  topk: ([x], { k, dim, ...o }) => x!.topk(k, dim, o),
  einsum: (xs, { equation }) => ops.einsum(equation, ...xs),
  pad: ([x], { pad: margins, mode }) => ops.pad(x!, margins, { mode }),
  cat: (all, { dim }) => ops.cat(all, dim),
  norm_fro: ([x], { dim }) => x!.norm("fro", dim),
  kthvalue: ([x], { k, dim, ...o }) => x!.kthvalue(k, dim, o),
  median: ([x]) => x!.median(),
  median_dim: ([x], { dim, ...o }) => x!.median(dim, o),
  quantile: ([x], { q, dim, ...o }) => x!.quantile(q, dim, o),
  quantile_list: ([x], { q, dim, ...o }) => x!.quantile(q, dim, o),
  unique: ([x]) => inParts(x!.unique({ returnInverse: true, returnCounts: true })),
  unique_dim: ([x], { dim }) => inParts(x!.unique({ dim, returnInverse: true, returnCounts: true })),
  unique_consecutive: ([x]) => inParts(ops.uniqueConsecutive(x!, { returnInverse: true, returnCounts: true })),
  scatter: ([x, src], { dim, index }) => x!.scatter(dim, index, src!),
  scatter_value: ([x], { dim, index, value }) => x!.scatter(dim, index, value),
  scatter_add: ([x, src], { dim, index }) => x!.scatterAdd(dim, index, src!),
  take: ([x], { index }) => x!.take(index),
  take_along_dim: ([x], { indices, dim }) => x!.takeAlongDim(indices, dim),
  masked_select: ([x], { mask }) => x!.maskedSelect(mask),
  masked_fill: ([x], { mask, value }) => x!.maskedFill(mask, value),
  nonzero: ([x]) => x!.nonzero(),
  count_nonzero: ([x], { dim }) => x!.countNonzero(dim),
  index: ([x], { entries }) => x!.index(entries),
  index_put: ([x, values], { entries, ...o }) => x!.indexPut(entries, values!, o),
  roll: ([x], { shifts, dims }) => x!.roll(shifts, dims),
  tile: ([x], { dims }) => x!.tile(dims),
  repeat: ([x], { sizes }) => x!.repeat(sizes),
  repeat_interleave: ([x], { repeats, dim }) => x!.repeatInterleave(repeats, dim),
  hstack: (xs) => ops.hstack(xs),
  vstack: (xs) => ops.vstack(xs),
  dstack: (xs) => ops.dstack(xs),
  meshgrid: (xs, o) => ops.meshgrid(xs, o),
  diff: ([x], { n, dim }) => x!.diff(n, dim),
  rot90: ([x], { k, dims }) => x!.rot90(k, dims),
  fliplr: ([x]) => x!.fliplr(),
  flipud: ([x]) => x!.flipud(),
  triu: ([x], { diagonal }) => x!.triu(diagonal),
  diag: ([x], { diagonal }) => x!.diag(diagonal),
  squeeze: ([x], { dim }) => x!.squeeze(dim),
  chunk: ([x], { chunks, dim }) => x!.chunk(chunks, dim),
  split: ([x], { size, dim }) => x!.split(size, dim),
  unfold: ([x], { dimension, size, step }) => x!.unfold(dimension, size, step),
  functional_unfold: ([x], { kernelSize, ...o }) => F.unfold(x!, kernelSize, o),
  fold: ([x], { outputSize, kernelSize, ...o }) => F.fold(x!, outputSize, kernelSize, o),
  interpolate: ([x], o) => F.interpolate(x!, o),
  cdist: ([a, b], o) => ops.cdist(a!, b!, o),
  cholesky: ([a], o) => linalg.cholesky(definite(a!), o),
  cholesky_direct: ([a]) => a!.cholesky(),
  solve: ([a, b]) => linalg.solve(regular(a!), b!),
  solve_direct: ([a, b]) => ops.solve(a!, b!),
  inv: ([a]) => linalg.inv(regular(a!)),
  solve_triangular: ([a, b], o) => linalg.solveTriangular(regular(a!), b!, o),
  det: ([a]) => a!.det(),
  logdet: ([a]) => definite(a!).logdet(),
  slogdet: ([a]) => Object.values(a!.slogdet()),
  matrix_power: ([a], { n }) => a!.matrixPower(n),
  linalg_norm: ([a], { ord, dim, ...o }) => linalg.norm(a!, ord, dim, o),
  vector_norm: ([a], { ord, dim, ...o }) => linalg.vectorNorm(a!, ord, dim, o),
  trace: ([a]) => a!.trace(),
  kron: ([a, b]) => a!.kron(b!),
  tensordot: ([a, b], { dims }) => ops.tensordot(a!, b!, dims),
  cross: ([a, b], { dim }) => a!.cross(b!, dim),
  bmm: ([a, b]) => a!.bmm(b!),
  addmm: ([c, a, b], o) => c!.addmm(a!, b!, o),
  addmv: ([c, a, b], o) => c!.addmv(a!, b!, o),
  addr: ([c, a, b], o) => c!.addr(a!, b!, o),
  baddbmm: ([c, a, b], o) => c!.baddbmm(a!, b!, o),
  addcmul: ([c, a, b], o) => c!.addcmul(a!, b!, o),
  addcdiv: ([c, a, b], o) => c!.addcdiv(a!, b!, o),
  lerp: ([a, b], { weight }) => a!.lerp(b!, weight),
  lerp_tensor: ([a, b, w]) => a!.lerp(b!, w!),
  cumprod: ([x], { dim }) => x!.cumprod(dim),
  cummax: ([x], { dim }) => x!.cummax(dim),
  cummin: ([x], { dim }) => x!.cummin(dim),
  fmod: ([a, b]) => a!.fmod(b!),
  remainder: ([a, b]) => a!.remainder(b!),
  floor_divide: ([a, b]) => a!.floorDivide(b!),
  clamp_min: ([x], { min }) => x!.clampMin(min),
  clamp_max: ([x], { max }) => x!.clampMax(max),
  nan_to_num: ([x], o) => x!.nanToNum(o),
  amax: ([x], { dim }) => x!.amax(dim),
  amin: ([x], { dim }) => x!.amin(dim),
  bincount: ([x], o) => x!.bincount(o),
  histc: ([x], o) => x!.histc(o),
  searchsorted: ([a, b], o) => ops.searchsorted(a!, b!, o),
  isclose: ([a, b], o) => a!.isclose(b!, o),
};

function inParts({ output, inverseIndices, counts }: ops.UniqueResult): Tensor[] {
  return [output, inverseIndices, counts];
}
function list(result: Result): readonly Tensor[] {
  if (result instanceof Tensor) return [result];
  return "values" in result && "indices" in result ? [result.values, result.indices] : result;
}

/** float32 cannot hold what these cases turn on. */
const float64Only = new Set(["isclose"]);

for (const [dtype, tolerance] of [
  ["float64", 1e-12],
  ["float32", 1e-6],
] as const) {
  describe(`tensor ops equal PyTorch 1.13: values and gradients in ${dtype}`, () => {
    // An element that an op does not write shows.
    before(() => poisonMemory(NaN));
    after(() => poisonMemory(undefined));

    golden.cases.forEach(({ op, args, options, outs, gradOuts, grads }, i) => {
      if (dtype === "float32" && float64Only.has(op)) return;
      it(`${op} ${args.map(({ shape }) => `[${shape.join(", ")}]`).join(" ")} (case ${i})`, () => {
        const inputs = args.map((arg) => load(arg, dtype));
        const wanted = grads === undefined ? [] : inputs.filter((x) => x.dtype === dtype);
        for (const x of wanted) x.requiresGrad = true;
        const call = calls[op];
        assert.ok(call, `no call for ${op}: add it to the table above`);
        const results = list(call(inputs, translate(options, dtype)));
        assert.equal(results.length, outs.length, "number of results");
        results.forEach((y, k) => {
          close(y, outs[k]!, tolerance, `result ${k}`);
          const kind = outs[k]!.dtype === "int64" ? "int32" : outs[k]!.dtype === "float64" ? dtype : outs[k]!.dtype;
          assert.equal(y.dtype, kind, `dtype of result ${k}`);
        });
        if (grads === undefined) return;
        const recorded = results.filter((y) => y.requiresGrad);
        assert.equal(recorded.length, gradOuts!.length, "number of results that have a gradient");
        const gradOutputs = gradOuts!.map((g) => load(g, dtype));
        const found = grad(recorded, wanted, { gradOutputs, allowUnused: true });
        grads.forEach((want, k) => close(found[k] ?? wanted[k]!.mul(0), want, tolerance, `gradient ${k}`));
      });
    });
  });
}
