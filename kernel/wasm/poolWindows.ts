import { locals } from "./locals.ts";
import type { FunctionBuilder, Local, ModuleBuilder } from "./module.ts";
import { poolOffset, windowBytes, type PoolWord } from "./poolPlan.ts";

// Windows of any kind, one after the other.

/** What is known at each window. */
interface Place {
  /** Address of the image. */
  readonly image: Local;
  /** Address of the first pixel of the window. */
  readonly start: Local;
  /** Addresses of the two windows' entries: first place in bytes, count, weight. */
  readonly row: Local;
  readonly column: Local;
  /** Bytes from an image's first output. */
  readonly output: Local;
}

const word = (f: FunctionBuilder, plan: Local, name: PoolWord): FunctionBuilder =>
  f.get(plan).memory("i32.load", poolOffset[name]);

/** Emits the walk over all windows of the images from `from` to `to`; addresses of images and outputs move on. */
function emitWalk(
  f: FunctionBuilder,
  plan: Local,
  [from, to]: readonly [Local, Local],
  image: Local,
  outputs: readonly Local[],
  { before, body }: { before?: () => void; body: (place: Place) => void },
): void {
  const [row, rows, column, columns, start, output] = locals(f, "i32");
  const move = (address: Local, bytes: PoolWord, count: () => void): void => {
    f.get(address);
    word(f, plan, bytes);
    count();
    f.op("i32.mul").op("i32.add").set(address);
  };
  const all = (count: () => void): void => {
    move(image, "imageBytes", count);
    for (const address of outputs) move(address, "outputBytes", count);
  };
  all(() => f.get(from));
  f.get(to).get(from).op("i32.sub").set(to);
  f.countDown(to, 1, () => {
    before?.();
    f.i32(0).set(output);
    word(f, plan, "rowWindows").set(row);
    word(f, plan, "rows").set(rows);
    f.countDown(rows, 1, () => {
      word(f, plan, "columnWindows").set(column);
      word(f, plan, "columns").set(columns);
      f.countDown(columns, 1, () => {
        f.get(row).memory("i32.load").get(column).memory("i32.load").op("i32.add").get(image).op("i32.add").set(start);
        body({ image, start, row, column, output });
        f.advance(output, 4).advance(column, windowBytes);
      });
      f.advance(row, windowBytes);
    });
    all(() => f.i32(1));
  });
}

/** Emits the walk over the rows of a window, `at` being the first place in the row and `left` the number of places. */
function emitRows(f: FunctionBuilder, plan: Local, place: Place, at: Local, left: Local, body: () => void): void {
  const [rows, start] = locals(f, "i32");
  f.get(place.row).memory("i32.load", 4).set(rows);
  f.get(place.start).set(start);
  f.countDown(rows, 1, () => {
    f.get(start).set(at);
    f.get(place.column).memory("i32.load", 4).set(left);
    body();
    word(f, plan, "rowStep").get(start).op("i32.add").set(start);
  });
}

/** Emits `max(plan, x, y, index, from, to)`; no index where its address is 0. Of an empty window −∞ and −1. */
export function emitMax(module: ModuleBuilder): void {
  const f = module.func("max", new Array<"i32">(6).fill("i32"));
  const [plan, x, y, index, from, to] = [0, 1, 2, 3, 4, 5];
  const [best, value] = locals(f, "f32");
  const [at, left, bestAt, empty, indexed] = locals(f, "i32");
  f.get(index).i32(0).op("i32.ne").set(indexed);
  emitWalk(f, plan, [from, to], x, [y, index], {
    body(place) {
      f.f32(-Infinity).set(best).get(place.start).set(bestAt);
      f.get(place.row)
        .memory("i32.load", 4)
        .get(place.column)
        .memory("i32.load", 4)
        .op("i32.mul")
        .op("i32.eqz")
        .set(empty);
      emitRows(f, plan, place, at, left, () =>
        f.countDown(left, 1, () => {
          f.get(at).memory("f32.load").tee(value).get(best).op("f32.gt");
          f.get(value).get(value).op("f32.ne").op("i32.or");
          f.if(() => f.get(value).set(best).get(at).set(bestAt));
          word(f, plan, "columnStep").get(at).op("i32.add").set(at);
        }),
      );
      f.get(y).get(place.output).op("i32.add").get(best).memory("f32.store");
      f.get(indexed).if(() => {
        f.get(index).get(place.output).op("i32.add");
        f.i32(-1).get(bestAt).get(place.image).op("i32.sub").i32(2).op("i32.shr_u").get(empty).op("select");
        f.memory("i32.store");
      });
    },
  });
}

/** Emits `scatter(plan, g, index, x, from, to)`: x is overwritten with zeros, and with g added at each index. */
export function emitScatter(module: ModuleBuilder, zero: FunctionBuilder): void {
  const f = module.func("scatter", new Array<"i32">(6).fill("i32"));
  const [plan, g, index, x, from, to] = [0, 1, 2, 3, 4, 5];
  const [count, at] = locals(f, "i32");
  const move = (address: Local, bytes: PoolWord): void =>
    void word(f, plan, bytes).get(from).op("i32.mul").get(address).op("i32.add").set(address);
  move(x, "imageBytes");
  move(g, "outputBytes");
  move(index, "outputBytes");
  f.get(to).get(from).op("i32.sub").set(to);
  f.countDown(to, 1, () => {
    f.get(x);
    word(f, plan, "imageBytes").call(zero);
    word(f, plan, "outputBytes").i32(2).op("i32.shr_u").set(count);
    f.countDown(count, 1, () => {
      f.get(index).memory("i32.load").tee(at).i32(0).op("i32.ge_s");
      f.if(() => {
        f.get(at).i32(2).op("i32.shl").get(x).op("i32.add").tee(at);
        f.get(at).memory("f32.load").get(g).memory("f32.load").op("f32.add").memory("f32.store");
      });
      f.advance(index, 4).advance(g, 4);
    });
    word(f, plan, "imageBytes").get(x).op("i32.add").set(x);
  });
}

/** Emits the divisor of a window on the stack. */
function emitDivisor(f: FunctionBuilder, plan: Local, place: Place): void {
  const given = f.local("f32");
  f.get(place.row).memory("i32.load", 8).get(place.column).memory("i32.load", 8).op("i32.mul").op("f32.convert_i32_s");
  f.get(plan).memory("f32.load", poolOffset.divisor).tee(given);
  // select gives its first operand where the condition holds.
  f.get(given).f32(0).op("f32.eq").op("select");
}

/**
 * Emits `mean(plan, x, y, from, to)`. Rows of a window are summed in four lanes as far as they go, and the lanes added
 * at the end. An empty window gives 0.
 */
export function emitMean(module: ModuleBuilder): void {
  const f = module.func("mean", new Array<"i32">(5).fill("i32"));
  const [plan, x, y, from, to] = [0, 1, 2, 3, 4];
  const sum = f.local("f32");
  const lanes = f.local("v128");
  const [at, left] = locals(f, "i32");
  emitWalk(f, plan, [from, to], x, [y], {
    body(place) {
      f.f32(0).set(sum).zero().set(lanes);
      emitRows(f, plan, place, at, left, () => {
        f.countDown(left, 4, () => f.get(lanes).get(at).memory("v128.load").op("f32x4.add").set(lanes).advance(at, 16));
        f.countDown(left, 1, () => f.get(sum).get(at).memory("f32.load").op("f32.add").set(sum).advance(at, 4));
      });
      for (let lane = 0; lane < 4; lane++) f.get(lanes).lane("f32x4.extract_lane", lane);
      f.op("f32.add").op("f32.add").op("f32.add").get(sum).op("f32.add").set(sum);
      f.get(y).get(place.output).op("i32.add");
      f.get(sum);
      emitDivisor(f, plan, place);
      f.op("f32.div").memory("f32.store");
    },
  });
}

/** Emits `spread(plan, g, x, from, to)`: x is overwritten with zeros, and with each g spread evenly over its window. */
export function emitSpread(module: ModuleBuilder, zero: FunctionBuilder): void {
  const f = module.func("spread", new Array<"i32">(5).fill("i32"));
  const [plan, g, x, from, to] = [0, 1, 2, 3, 4];
  const share = f.local("f32");
  const lanes = f.local("v128");
  const [at, left] = locals(f, "i32");
  emitWalk(f, plan, [from, to], x, [g], {
    before: () => {
      f.get(x);
      word(f, plan, "imageBytes").call(zero);
    },
    body(place) {
      f.get(g).get(place.output).op("i32.add").memory("f32.load");
      emitDivisor(f, plan, place);
      f.op("f32.div").tee(share).op("f32x4.splat").set(lanes);
      emitRows(f, plan, place, at, left, () => {
        f.countDown(left, 4, () => {
          f.get(at).get(at).memory("v128.load").get(lanes).op("f32x4.add").memory("v128.store").advance(at, 16);
        });
        f.countDown(left, 1, () => {
          f.get(at).get(at).memory("f32.load").get(share).op("f32.add").memory("f32.store").advance(at, 4);
        });
      });
    },
  });
}
