import { elementwise, type Elementwise } from "../autograd/elementwise.ts";
import { expandTo } from "../autograd/broadcast.ts";
import { checkTensor, named } from "../autograd/functions.ts";
import { gradMode } from "../autograd/mode.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { isFloating, resultType } from "../tensor/dtype.ts";
import { DTypeError, ShapeError } from "../tensor/errors.ts";
import { checkOptions, is } from "../tensor/options.ts";
import { broadcastShapes, show, sizeOf } from "../tensor/shape.ts";
import { elements, empty, packed, type Tensor } from "../tensor/tensor.ts";
import { neg, sub } from "./arithmetic.ts";
import { reshape, unsqueeze } from "./reshape.ts";
import { sum } from "./sum.ts";
import { to } from "./to.ts";
import { transpose } from "./transpose.ts";

type Elements = ReturnType<typeof elements>;

/** ∂‖d‖/∂d by one component d, r being the whole distance; times g. At distance 0 it is 0. */
interface Slope {
  readonly plain: (d: number, r: number, g: number, p: number) => number;
  /** The same as an op, for gradients that are to be differentiated again. */
  readonly op: Elementwise;
}
const slope = (plain: Slope["plain"], formula: string): Slope => ({
  plain,
  op: elementwise({ name: "cdistBackward", formula, inputs: ["d", "r", "g"], scalars: ["p"] }),
});
const slopes = {
  0: slope(() => 0, "0 * g"),
  1: slope((d, _r, g) => Math.sign(d) * g, "sign(d) * g"),
  2: slope((d, r, g) => (r === 0 ? 0 : (g * d) / r), "r == 0 ? 0 : g * d / r"),
  // Components that share the maximum each get the whole gradient, as in PyTorch.
  max: slope((d, r, g) => (Math.abs(d) === r ? Math.sign(d) * g : 0), "abs(d) == r ? sign(d) * g : 0"),
  any: slope(
    (d, r, g, p) => (d === 0 || r === 0 ? 0 : g * Math.sign(d) * (Math.abs(d) / r) ** (p - 1)),
    "d == 0 || r == 0 ? 0 : g * sign(d) * (abs(d) / r) ** (p - 1)",
  ),
};
const slopeOf = (p: number): Slope => slopes[p === Infinity ? "max" : p === 0 || p === 1 || p === 2 ? p : "any"];

/** Stacks of points a[s, m, k], b[s, n, k] → distances [s, m, n]. */
const distances: Op<number> = defineOp({
  name: "cdist",
  forward([a, b], p) {
    const [stacks, m, k] = a!.shape as readonly [number, number, number];
    const n = b!.shape[1]!;
    const y = empty([stacks, m, n], a!.dtype);
    const [from, to] = [a!, b!].map(packed).map(elements) as [Elements, Elements];
    const out = y.storage.array();
    for (let s = 0, at = 0; s < stacks; s++) {
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          const u = from.start + (s * m + i) * k;
          const v = to.start + (s * n + j) * k;
          let total = 0;
          if (p === 2) for (let c = 0; c < k; c++) total += (from.data[u + c]! - to.data[v + c]!) ** 2;
          else {
            for (let c = 0; c < k; c++) {
              const d = Math.abs(from.data[u + c]! - to.data[v + c]!);
              if (p === Infinity) total = d > total || d !== d ? d : total;
              else total += p === 1 ? d : p === 0 ? (d === 0 ? 0 : 1) : d ** p;
            }
          }
          out[at++] = p === 2 ? Math.sqrt(total) : p === 0 || p === 1 || p === Infinity ? total : total ** (1 / p);
        }
      }
    }
    return y;
  },
  keep: (y, [a, b]) => [a!, b!, y],
  gradient(g, { saved: [a, b, y], attributes: p, needs }) {
    if (!gradMode.enabled) {
      return [
        needs[0] ? pull([a!, b!, y!, g], p) : undefined,
        needs[1] ? pull([b!, a!, transpose(y!, 1, 2), transpose(g, 1, 2)], p) : undefined,
      ];
    }
    // To be differentiated again: the same in ops, with all differences [s, m, n, k] in memory.
    const each = slopeOf(p).op([sub(unsqueeze(a!, 2), unsqueeze(b!, 1)), unsqueeze(y!, 3), unsqueeze(g, 3)], [p]);
    return [needs[0] ? sum(each, 2) : undefined, needs[1] ? neg(sum(each, 1)) : undefined];
  },
});

/** The gradient by the points a, in one pass without the differences in memory. */
const pull: Op<number> = defineOp({
  name: "cdistBackward",
  forward([a, b, y, g], p) {
    const [stacks, m, k] = a!.shape as readonly [number, number, number];
    const n = b!.shape[1]!;
    const result = empty(a!.shape, a!.dtype);
    const [A, B, Y, G] = [a!, b!, y!, g!].map(packed).map(elements) as [Elements, Elements, Elements, Elements];
    const out = result.storage.array();
    const f = slopeOf(p).plain;
    const row = new Float64Array(k);
    for (let i = 0; i < stacks * m; i++) {
      const s = Math.floor(i / m);
      row.fill(0);
      for (let j = 0; j < n; j++) {
        const distance = Y.data[Y.start + i * n + j]!;
        const weight = G.data[G.start + i * n + j]!;
        for (let c = 0; c < k; c++) {
          row[c]! += f(A.data[A.start + i * k + c]! - B.data[B.start + (s * n + j) * k + c]!, distance, weight, p);
        }
      }
      out.set(row, i * k);
    }
    return result;
  },
  gradient: undefined,
});

/**
 * The distances of all pairs of points: a[…, m, k], b[…, n, k] → […, m, n]; leading dims broadcast.
 * ‖d‖ₚ = (Σ |d|ᵖ)^(1/p) with p = 2 unless given, Infinity for the largest |d|, 0 for the number of components that differ.
 *
 * Gradient at distance 0: 0. For p = ∞ components that share the maximum each get the whole gradient.
 */
export const cdist = named("cdist", (a: Tensor, b: Tensor, options: { p?: number } = {}): Tensor => {
  checkTensor("cdist", "a", a);
  checkTensor("cdist", "b", b);
  checkOptions("cdist", options, { p: is.atLeast0 });
  const { p = 2 } = options;
  const dtype = resultType(a, b);
  if (!isFloating(dtype)) throw new DTypeError(`cdist: needs float32 or float64, got ${dtype}. Use x.to("float32").`);
  if (a.ndim < 2 || b.ndim < 2 || a.shape.at(-1) !== b.shape.at(-1)) {
    throw new ShapeError(
      `cdist: needs […, points, components] twice with equally many components, got ${show(a.shape)} and ${show(b.shape)}.`,
    );
  }
  const lead = broadcastShapes("cdist", a.shape.slice(0, -2), b.shape.slice(0, -2));
  const stacked = (x: Tensor): Tensor =>
    reshape(to(expandTo(x, [...lead, ...x.shape.slice(-2)]), dtype), [sizeOf(lead), ...x.shape.slice(-2)]);
  return reshape(distances([stacked(a), stacked(b)], p), [...lead, a.shape.at(-2)!, b.shape.at(-2)!]);
});
