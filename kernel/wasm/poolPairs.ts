import { locals } from "./locals.ts";
import type { FunctionBuilder, Lanes, Local, ModuleBuilder } from "./module.ts";
import { poolOffset } from "./poolPlan.ts";

// Windows of 2 × 2, side by side: four outputs at a time. The last four of a row may be computed twice.

const even: Lanes = [0, 2, 4, 6];
const odd: Lanes = [1, 3, 5, 7];
const lower: Lanes = [0, 4, 1, 5];
const upper: Lanes = [2, 6, 3, 7];

/** Places of one group of four outputs: their own, and those of their eight pixels in two rows. */
interface Group {
  /** Bytes from the start of an output. */
  readonly output: Local;
  readonly top: Local;
  readonly bottom: Local;
  /** Number of the first pixel in its image. */
  readonly pixel: Local;
}

/**
 * Emits the walk over all groups of the images from `from` to `to`. `x` and `output` are addresses of an image and of an
 * output, and move on; outputs must be at least four wide.
 */
function emitWalk(
  f: FunctionBuilder,
  plan: Local,
  [from, to]: readonly [Local, Local],
  x: Local,
  outputs: readonly Local[],
  body: (group: Group) => void,
): void {
  const [images, rows, columns, top, bottom, row, at, pixel, left, output] = locals(f, "i32");
  const word = (name: keyof typeof poolOffset): FunctionBuilder => f.get(plan).memory("i32.load", poolOffset[name]);
  const skip = (address: Local, bytes: "imageBytes" | "outputBytes"): void => {
    word(bytes).get(from).op("i32.mul").get(address).op("i32.add").set(address);
  };
  skip(x, "imageBytes");
  for (const address of outputs) skip(address, "outputBytes");
  f.get(to).get(from).op("i32.sub").set(images);
  f.countDown(images, 1, () => {
    word("rows").set(rows);
    f.i32(0).set(output).i32(0).set(row);
    f.loop(() => {
      word("columns").set(columns);
      f.get(x).get(row).i32(2).op("i32.shl").op("i32.add").set(top);
      f.get(top).get(plan).memory("i32.load", poolOffset.rowBytes).op("i32.add").set(bottom);
      f.get(row).set(pixel);
      f.loop(() => {
        body({ output, top, bottom, pixel });
        // Four further on, or as many as are left.
        f.get(columns).i32(4).op("i32.sub").tee(columns).set(left);
        f.i32(4).get(left).get(left).i32(4).op("i32.gt_s").op("select").set(at);
        f.get(at).i32(2).op("i32.shl").get(output).op("i32.add").set(output);
        f.get(at).i32(1).op("i32.shl").get(pixel).op("i32.add").set(pixel);
        for (const address of [top, bottom]) f.get(at).i32(3).op("i32.shl").get(address).op("i32.add").set(address);
        f.get(left).get(at).op("i32.sub").i32(4).op("i32.add").set(columns);
        f.get(left).i32(0).op("i32.gt_s").brIf(0);
      });
      f.advance(output, 16);
      word("width").i32(1).op("i32.shl").get(row).op("i32.add").set(row);
      f.get(rows).i32(1).op("i32.sub").tee(rows).brIf(0);
    });
    word("imageBytes").get(x).op("i32.add").set(x);
    for (const address of outputs) word("outputBytes").get(address).op("i32.add").set(address);
  });
}

/** Emits `maxPairs(plan, x, y, index, from, to)`; no index where its address is 0. */
export function emitMaxPairs(module: ModuleBuilder): void {
  const f = module.func("maxPairs", new Array<"i32">(6).fill("i32"));
  const [plan, x, y, index, from, to] = [0, 1, 2, 3, 4, 5];
  const [low, high, best, other, bestAt, mask, steps, one] = locals(f, "v128");
  const [indexed, width] = locals(f, "i32");
  emitSteps(f, steps);
  f.i32(1).op("i32x4.splat").set(one);
  f.get(plan).memory("i32.load", poolOffset.width).set(width);
  f.get(index).i32(0).op("i32.ne").set(indexed);
  emitWalk(f, plan, [from, to], x, [y, index], ({ output, top, bottom, pixel }) => {
    const halves = (row: Local): void => {
      f.get(row).memory("v128.load", 0).set(low).get(row).memory("v128.load", 16).set(high);
    };
    // The first of equal ones; a NaN is larger than everything, and the last one counts.
    const compare = (place: () => void): void => {
      f.get(other).get(best).op("f32x4.gt").get(other).get(other).op("f32x4.ne").op("v128.or").set(mask);
      f.get(other).get(best).get(mask).op("v128.bitselect").set(best);
      place();
      f.get(bestAt).get(mask).op("v128.bitselect").set(bestAt);
    };
    const places = f.local("v128");
    f.get(pixel).op("i32x4.splat").get(steps).op("i32x4.add").tee(places).set(bestAt);
    halves(top);
    f.get(low).get(high).shuffle(even).set(best).get(low).get(high).shuffle(odd).set(other);
    compare(() => f.get(places).get(one).op("i32x4.add"));
    halves(bottom);
    f.get(places).get(width).op("i32x4.splat").op("i32x4.add").set(places);
    f.get(low).get(high).shuffle(even).set(other);
    compare(() => f.get(places));
    f.get(low).get(high).shuffle(odd).set(other);
    compare(() => f.get(places).get(one).op("i32x4.add"));
    f.get(y).get(output).op("i32.add").get(best).memory("v128.store");
    f.get(indexed).if(() => f.get(index).get(output).op("i32.add").get(bestAt).memory("v128.store"));
  });
}

/** 0, 2, 4, 6 */
function emitSteps(f: FunctionBuilder, into: Local): void {
  f.i32(0).op("i32x4.splat");
  for (const lane of [1, 2, 3]) f.i32(2 * lane).lane("i32x4.replace_lane", lane);
  f.set(into);
}

/** Emits `scatterPairs(plan, g, index, x, from, to)`: writes every pixel that a window holds. */
export function emitScatterPairs(module: ModuleBuilder): void {
  const f = module.func("scatterPairs", new Array<"i32">(6).fill("i32"));
  const [plan, g, index, x, from, to] = [0, 1, 2, 3, 4, 5];
  const [value, place, places, left, right, steps, one] = locals(f, "v128");
  const width = f.local("i32");
  emitSteps(f, steps);
  f.i32(1).op("i32x4.splat").set(one);
  f.get(plan).memory("i32.load", poolOffset.width).set(width);
  emitWalk(f, plan, [from, to], x, [g, index], ({ output, top, bottom, pixel }) => {
    f.get(g).get(output).op("i32.add").memory("v128.load").set(value);
    f.get(index).get(output).op("i32.add").memory("v128.load").set(place);
    f.get(pixel).op("i32x4.splat").get(steps).op("i32x4.add").set(places);
    for (const row of [top, bottom]) {
      if (row === bottom) f.get(places).get(width).op("i32x4.splat").op("i32x4.add").set(places);
      f.get(place).get(places).op("i32x4.eq").get(value).op("v128.and").set(left);
      f.get(place).get(places).get(one).op("i32x4.add").op("i32x4.eq").get(value).op("v128.and").set(right);
      f.get(row).get(left).get(right).shuffle(lower).memory("v128.store", 0);
      f.get(row).get(left).get(right).shuffle(upper).memory("v128.store", 16);
    }
  });
}

/** Emits `meanPairs(plan, x, y, from, to)`. */
export function emitMeanPairs(module: ModuleBuilder): void {
  const f = module.func("meanPairs", new Array<"i32">(5).fill("i32"));
  const [plan, x, y, from, to] = [0, 1, 2, 3, 4];
  const [low, high, sum, quarter] = locals(f, "v128");
  f.f32(0.25).op("f32x4.splat").set(quarter);
  emitWalk(f, plan, [from, to], x, [y], ({ output, top, bottom }) => {
    for (const row of [top, bottom]) {
      f.get(row).memory("v128.load", 0).set(low).get(row).memory("v128.load", 16).set(high);
      if (row === bottom) f.get(sum);
      f.get(low).get(high).shuffle(even);
      if (row === bottom) f.op("f32x4.add");
      f.get(low).get(high).shuffle(odd).op("f32x4.add").set(sum);
    }
    f.get(y).get(output).op("i32.add").get(sum).get(quarter).op("f32x4.mul").memory("v128.store");
  });
}

/** Emits `spreadPairs(plan, g, x, from, to)`: writes every pixel that a window holds. */
export function emitSpreadPairs(module: ModuleBuilder): void {
  const f = module.func("spreadPairs", new Array<"i32">(5).fill("i32"));
  const [plan, g, x, from, to] = [0, 1, 2, 3, 4];
  const [value, quarter] = locals(f, "v128");
  f.f32(0.25).op("f32x4.splat").set(quarter);
  emitWalk(f, plan, [from, to], x, [g], ({ output, top, bottom }) => {
    f.get(g).get(output).op("i32.add").memory("v128.load").get(quarter).op("f32x4.mul").set(value);
    for (const row of [top, bottom]) {
      f.get(row).get(value).get(value).shuffle([0, 0, 1, 1]).memory("v128.store", 0);
      f.get(row).get(value).get(value).shuffle([2, 2, 3, 3]).memory("v128.store", 16);
    }
  });
}
