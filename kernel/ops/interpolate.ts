import { checkTensor, named } from "../autograd/functions.ts";
import { defineOp, type Op } from "../autograd/op.ts";
import { isFloating, type DType } from "../tensor/dtype.ts";
import { describe, DTypeError, OptionError, ShapeError } from "../tensor/errors.ts";
import { checkOptions, is, oneOf, type Kind, type Kinds } from "../tensor/options.ts";
import { show } from "../tensor/shape.ts";
import { elements, empty, type Tensor } from "../tensor/tensor.ts";
import { spatial, spatialKind, type Spatial } from "./convOptions.ts";
import { clone } from "./to.ts";

/** How the places of one dim are made of the old ones: place i is the sum of its taps. */
interface Taps {
  readonly length: number;
  /** Taps of place i: starts[i] … starts[i + 1]. */
  readonly starts: Int32Array;
  readonly places: Int32Array;
  readonly weights: Float64Array;
}

const mix: Op<{ readonly dim: number; readonly taps: Taps }> = defineOp({
  name: "interpolate",
  forward([x], { dim, taps }) {
    const { starts, places, weights } = taps;
    const count = starts.length - 1;
    const y = empty(x!.shape.with(dim, count), x!.dtype);
    const { data, start } = elements(x!);
    const out = y.storage.array();
    const length = x!.shape[dim]!;
    const inner = x!.shape.slice(dim + 1).reduce((a, b) => a * b, 1);
    const outer = x!.shape.slice(0, dim).reduce((a, b) => a * b, 1);
    for (let o = 0, to = 0; o < outer; o++) {
      const base = start + o * length * inner;
      for (let n = 0; n < count; n++) {
        const [from, end] = [starts[n]!, starts[n + 1]!];
        for (let i = 0; i < inner; i++) {
          let sum = 0;
          for (let k = from; k < end; k++) sum += weights[k]! * data[base + places[k]! * inner + i]!;
          out[to++] = sum;
        }
      }
    }
    return y;
  },
  gradient: (g, { shapes: [shape], attributes: { dim, taps } }) => [
    mix([g], { dim, taps: reversed(taps, shape![dim]!) }),
  ],
});

/** The taps by which a gradient flows back: what each old place gave to whom. */
function reversed({ starts, places, weights, length }: Taps, count: number): Taps {
  const lists: [place: number, weight: number][][] = Array.from({ length: count }, () => []);
  for (let n = 0; n < length; n++) {
    for (let k = starts[n]!; k < starts[n + 1]!; k++) lists[places[k]!]!.push([n, weights[k]!]);
  }
  return tapsOf(lists);
}

function tapsOf(lists: readonly (readonly (readonly [place: number, weight: number])[])[]): Taps {
  const starts = new Int32Array(lists.length + 1);
  lists.forEach((list, n) => (starts[n + 1] = starts[n]! + list.length));
  const flat = lists.flat();
  return {
    length: lists.length,
    starts,
    places: Int32Array.from(flat, ([place]) => place),
    weights: Float64Array.from(flat, ([, weight]) => weight),
  };
}

const modes = ["nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear", "area"] as const;
type Mode = (typeof modes)[number];

/** Weights of the four places around a point `t` after the second: Keys 1981 with a = −0.75, as PyTorch and OpenCV. */
function cubic(t: number): number[] {
  const a = -0.75;
  const near = (x: number): number => ((a + 2) * x - (a + 3)) * x * x + 1;
  const far = (x: number): number => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return [far(t + 1), near(t), near(1 - t), far(2 - t)];
}

/**
 * The taps from `size` to `target` places.
 *
 * @param factor the scale factor given, undefined if it follows from the sizes. Places are computed in the precision of
 *   the dtype, as in PyTorch: which one is nearest depends on that.
 *
 * Source: aten/src/ATen/native/UpSample.h.
 */
function taps(
  mode: Mode,
  size: number,
  target: number,
  { factor, alignCorners, dtype }: { factor: number | undefined; alignCorners: boolean; dtype: DType },
): Taps {
  const nearest = mode === "nearest" || mode === "nearest-exact";
  const round = dtype === "float64" && !nearest ? (x: number): number => x : Math.fround;
  const step = alignCorners
    ? target > 1
      ? round((size - 1) / (target - 1))
      : 0
    : round(factor === undefined ? size / target : 1 / factor);
  const place = (i: number): number => {
    if (alignCorners) return round(step * i);
    return round(round(step * round(i + 0.5)) - 0.5);
  };
  const inside = (i: number): number => Math.min(size - 1, Math.max(0, i));
  return tapsOf(
    Array.from({ length: target }, (_, i): [number, number][] => {
      if (mode === "nearest") return [[inside(Math.floor(round(i * step))), 1]];
      if (mode === "nearest-exact") return [[inside(Math.floor(round(round(i + 0.5) * step))), 1]];
      if (mode === "area") {
        const [from, end] = [Math.floor((i * size) / target), Math.ceil(((i + 1) * size) / target)];
        return Array.from({ length: end - from }, (_, k) => [from + k, 1 / (end - from)]);
      }
      if (mode === "bicubic") {
        const low = Math.floor(place(i));
        return cubic(place(i) - low).map((weight, k) => [inside(low - 1 + k), weight]);
      }
      const at = Math.max(0, place(i));
      const low = inside(Math.floor(at));
      const rest = Math.min(1, Math.max(0, at - low));
      return [
        [low, 1 - rest],
        [inside(low + 1), rest],
      ];
    }),
  );
}

export interface InterpolateOptions {
  /** Spatial size of the result: one number for all dims, or one each. Or give `scaleFactor`. */
  size?: Spatial;
  /** How many times larger, for all dims or each. Sizes are rounded down. */
  scaleFactor?: number | readonly number[];
  /** "nearest" (default), "nearest-exact", "linear" [n, c, w], "bilinear" and "bicubic" [n, c, h, w], "trilinear", "area". */
  mode?: Mode;
  /** Whether the centres of the corner elements stay at the corners, for the linear and cubic modes. Default false. */
  alignCorners?: boolean;
  /** Use the ratio of the rounded sizes instead of the factor given. Default false. */
  recomputeScaleFactor?: boolean;
}

const factor = (x: unknown): boolean => typeof x === "number" && x > 0 && x < Infinity;
const factors: Kind = ["a number > 0, or an array of them", (x) => (Array.isArray(x) ? x.every(factor) : factor(x))];
const interpolateKinds = {
  size: spatialKind(1),
  scaleFactor: factors,
  mode: oneOf(...modes),
  alignCorners: is.flag,
  recomputeScaleFactor: is.flag,
} satisfies Kinds;

/** Refuses options that do not go together, whatever the input is. */
export function checkInterpolate(who: string, options: InterpolateOptions | undefined): void {
  checkOptions(who, options, interpolateKinds);
  const { size, scaleFactor, mode = "nearest", alignCorners = false } = options ?? {};
  if (alignCorners && (mode.startsWith("nearest") || mode === "area"))
    throw new OptionError(`${who}: alignCorners has no meaning for mode "${mode}"; leave it out.`);
  if ((size === undefined) === (scaleFactor === undefined))
    throw new OptionError(`${who}: give { size } or { scaleFactor }, one of them.`);
}

/** Dims with the modes that need a certain number of them. */
const spatialDims: { readonly [mode in Mode]?: number } = { linear: 1, bilinear: 2, bicubic: 2, trilinear: 3 };

/**
 * Images made larger or smaller: [n, c, …] with one to three spatial dims → the same with other spatial sizes.
 *
 * Gradient: each element of g goes to the places it was made of, with the same weights.
 */
export const interpolate = named("interpolate", (x: Tensor, options: InterpolateOptions): Tensor => {
  checkTensor("interpolate", "x", x);
  checkInterpolate("interpolate", options);
  const { size, scaleFactor, mode = "nearest", alignCorners = false, recomputeScaleFactor = false } = options ?? {};
  const dims = x.ndim - 2;
  if (dims < 1 || dims > 3 || (spatialDims[mode] ?? dims) !== dims) {
    const need = spatialDims[mode] === undefined ? "one to three" : String(spatialDims[mode]);
    throw new ShapeError(
      `interpolate: mode "${mode}" needs [n, channels, …] with ${need} spatial dims, got ${show(x.shape)}.`,
    );
  }
  if (!isFloating(x.dtype)) throw new DTypeError(`interpolate: needs float32 or float64, got ${x.dtype}.`);
  const old = x.shape.slice(2);
  let target: readonly number[];
  let factors: readonly (number | undefined)[] = old.map(() => undefined);
  if (size !== undefined) target = spatial("interpolate", "size", size, dims, 1);
  else {
    const each = typeof scaleFactor === "number" ? old.map(() => scaleFactor) : scaleFactor!;
    if (each.length !== dims) {
      throw new OptionError(
        `interpolate: scaleFactor must be a number > 0, or an array of ${dims}, got ${describe(scaleFactor)}.`,
      );
    }
    target = old.map((n, d) => Math.floor(n * each[d]!));
    if (!recomputeScaleFactor) factors = each;
  }
  if (old.includes(0) || target.includes(0)) {
    throw new ShapeError(`interpolate: the spatial sizes ${show(old)} cannot become ${show(target)}; all must be ≥ 1.`);
  }
  const result = target.reduce((y, n, d) => {
    if (n === old[d] && (factors[d] ?? 1) === 1) return y;
    const made = taps(mode, old[d]!, n, { factor: factors[d], alignCorners, dtype: x.dtype });
    return mix([y], { dim: d + 2, taps: made });
  }, x);
  // A tensor of its own, also where nothing was to do.
  return result === x ? clone(x) : result;
});
