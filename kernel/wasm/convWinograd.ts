import { emitCopy, emitZero } from "./convCopy.ts";
import { byHeight, mostRows, nextPanel } from "./convForward.ts";
import { winogradOffset, type WinogradWord } from "./convWinogradPlan.ts";
import { locals } from "./locals.ts";
import type { FunctionBuilder, Local, ModuleBuilder } from "./module.ts";

// Convolution of 3 × 3, stride 1, by Winograd's algorithm F(2 × 2, 3 × 3):
//
//     Y = Aᵀ [ (G w Gᵀ) ⊙ (Bᵀ x B) ] A
//
// for tiles of 2 × 2 outputs from 4 × 4 inputs; ⊙ is summed over the channels, which makes it sixteen matrix products.
// Lavin & Gray 2015, arXiv:1509.09308, §4.1.

/**
 * A row of a block: 16 tiles, four vectors. Each of the sixteen matrices has one row more than it needs: with 64 channels
 * they would otherwise be 4 KB apart, and fall upon the same places of the first cache.
 */
export const rowBytes = 64;

const word = (f: FunctionBuilder, plan: Local, name: WinogradWord): FunctionBuilder =>
  f.get(plan).memory("i32.load", winogradOffset[name]);

/**
 * Emits `transform(w, rowStep, columnStep, tapStep, rows, columns, to)`: G w Gᵀ of every pair of output and input channel,
 * packed as to[16][panel][input channels][rows of the panel]. `w` is the address of the first tap.
 */
function emitWeights(module: ModuleBuilder): void {
  const f = module.func("transform", new Array<"i32">(7).fill("i32"));
  const [w, rowStep, columnStep, tapStep, rows, columns, to] = [0, 1, 2, 3, 4, 5, 6];
  const [step, height, column, row, at, from, left] = locals(f, "i32");
  const lanes = f.many(4, "i32");
  const taps = f.many(9, "v128");
  const between = f.many(12, "v128");
  const [sum, half] = locals(f, "v128");
  f.f32(0.5).op("f32x4.splat").set(half);
  f.get(rows).get(columns).op("i32.mul").i32(2).op("i32.shl").set(step);
  /** a, (a + b + c) / 2, (a − b + c) / 2, c. */
  const spread = (a: Local, b: Local, c: Local, put: (i: number, value: () => void) => void): void => {
    put(0, () => f.get(a));
    f.get(a).get(c).op("f32x4.add").set(sum);
    put(1, () => f.get(sum).get(b).op("f32x4.add").get(half).op("f32x4.mul"));
    put(2, () => f.get(sum).get(b).op("f32x4.sub").get(half).op("f32x4.mul"));
    put(3, () => f.get(c));
  };
  /** `count` rows of a panel from `row` on, one to a lane. */
  const some = (count: number): void => {
    f.get(w).get(row).get(rowStep).op("i32.mul").op("i32.add");
    f.get(column).get(columnStep).op("i32.mul").op("i32.add").set(lanes[0]!);
    for (let lane = 1; lane < count; lane++)
      f.get(lanes[lane - 1]!)
        .get(rowStep)
        .op("i32.add")
        .set(lanes[lane]!);
    taps.forEach((tap) => {
      for (let lane = 0; lane < count; lane++) {
        f.get(lanes[lane]!);
        if (lane === 0) f.memory("v128.load32_zero").set(tap);
        else f.get(tap).laneMemory("v128.load32_lane", lane).set(tap);
        f.advanceBy(lanes[lane]!, tapStep);
      }
    });
    for (let j = 0; j < 3; j++) {
      spread(taps[j]!, taps[3 + j]!, taps[6 + j]!, (i, value) => {
        value();
        f.set(between[i * 3 + j]!);
      });
    }
    f.get(to).get(row).i32(2).op("i32.shl").op("i32.add").set(at);
    for (let i = 0; i < 4; i++) {
      spread(between[i * 3]!, between[i * 3 + 1]!, between[i * 3 + 2]!, (_, value) => {
        f.get(at);
        value();
        if (count === 4) f.memory("v128.store");
        else f.laneMemory("v128.store32_lane", 0);
        f.advanceBy(at, step);
      });
    }
  };
  f.get(rows).set(left);
  f.loop(() => {
    nextPanel(f, left, height, mostRows);
    f.i32(0).set(column);
    f.loop(() => {
      f.i32(0).set(row);
      f.get(height)
        .i32(4)
        .op("i32.ge_s")
        .if(
          () => {
            some(4);
            // The last four, some of them again.
            f.get(height)
              .i32(4)
              .op("i32.sub")
              .tee(row)
              .if(() => some(4));
          },
          () => {
            f.get(height).set(from);
            f.countDown(from, 1, () => {
              some(1);
              f.advance(row, 1);
            });
          },
        );
      f.get(to).get(height).i32(2).op("i32.shl").op("i32.add").set(to);
      f.get(column).i32(1).op("i32.add").tee(column).get(columns).op("i32.lt_s").brIf(0);
    });
    f.get(w).get(height).get(rowStep).op("i32.mul").op("i32.add").set(w);
    f.get(left).get(height).op("i32.sub").tee(left).brIf(0);
  });
}

/**
 * Emits `input(planes, plane, planeRow, channels, vectors, to)`: Bᵀ x B of 16 tiles, as to[16][channels][16 tiles].
 *
 * Rows first, as they lie; then even and odd columns are taken apart.
 */
function emitInput(module: ModuleBuilder): FunctionBuilder {
  const f = module.func("_input", new Array<"i32">(6).fill("i32"));
  const [planes, plane, planeRow, channels, vectors, to] = [0, 1, 2, 3, 4, 5];
  const [channel, count, vector, at, step] = locals(f, "i32");
  const rows = f.many(4, "i32");
  const [low, high, next, d0, d1, d2, d3] = locals(f, "v128");
  f.get(channels).i32(rowBytes).op("i32.mul").i32(rowBytes).op("i32.add").set(step);
  f.get(channels).set(channel);
  f.countDown(channel, 1, () => {
    f.get(vectors).set(vector).i32(4).set(count);
    f.countDown(
      count,
      1,
      () => {
        f.get(planes).get(vector).memory("i32.load").op("i32.add").set(rows[0]!);
        for (let r = 1; r < 4; r++)
          f.get(rows[r - 1]!)
            .get(planeRow)
            .op("i32.add")
            .set(rows[r]!);
        f.get(to).set(at);
        for (const [a, b, op] of [
          [0, 2, "f32x4.sub"],
          [1, 2, "f32x4.add"],
          [2, 1, "f32x4.sub"],
          [1, 3, "f32x4.sub"],
        ] as const) {
          [low, high, next].forEach((v, i) =>
            f
              .get(rows[a]!)
              .memory("v128.load", i * 16)
              .get(rows[b]!)
              .memory("v128.load", i * 16)
              .op(op)
              .set(v),
          );
          f.get(low).get(high).shuffle([0, 2, 4, 6]).set(d0);
          f.get(low).get(high).shuffle([1, 3, 5, 7]).set(d1);
          f.get(d0).get(next).shuffle([1, 2, 3, 4]).set(d2);
          f.get(d1).get(next).shuffle([1, 2, 3, 5]).set(d3);
          for (const [x, y, combine] of [
            [d0, d2, "f32x4.sub"],
            [d1, d2, "f32x4.add"],
            [d2, d1, "f32x4.sub"],
            [d1, d3, "f32x4.sub"],
          ] as const) {
            f.get(at).get(x).get(y).op(combine).memory("v128.store").advanceBy(at, step);
          }
        }
        f.advance(to, 16).advance(vector, 8);
      },
      { atLeastOnce: true },
    );
    f.advanceBy(planes, plane);
  });
  return f;
}

/**
 * Emits `output(from, channels, vectors, bias, y, channelBytes, rowBytes)`: Aᵀ m A of 16 tiles, from[16][channels][16 tiles],
 * plus the bias.
 */
function emitOutput(module: ModuleBuilder): FunctionBuilder {
  const f = module.func("_output", new Array<"i32">(7).fill("i32"));
  const [from, channels, vectors, bias, y, channelBytes, outRow] = [0, 1, 2, 3, 4, 5, 6];
  const [channel, count, vector, at, step, to] = locals(f, "i32");
  const start = f.local("v128");
  const column = f.many(4, "v128") as [Local, Local, Local, Local];
  const sums = [f.many(4, "v128"), f.many(4, "v128")] as const;
  const [left, right] = locals(f, "v128");
  f.get(channels).i32(rowBytes).op("i32.mul").i32(rowBytes).op("i32.add").set(step);
  f.get(channels).set(channel);
  f.countDown(channel, 1, () => {
    f.get(bias).memory("v128.load32_splat").set(start);
    f.get(vectors).set(vector).i32(4).set(count);
    f.countDown(
      count,
      1,
      () => {
        f.get(from).set(at);
        // Sums over the rows of the four columns, as the sixteen products come.
        for (let i = 0; i < 4; i++) {
          for (let j = 0; j < 4; j++) {
            f.get(at).memory("v128.load").set(column[j]!).advanceBy(at, step);
            const [first, second] = [sums[0][j]!, sums[1][j]!];
            if (i === 0) f.get(column[j]!).set(first);
            else if (i < 3) f.get(first).get(column[j]!).op("f32x4.add").set(first);
            if (i === 1) f.get(column[j]!).set(second);
            else if (i > 1) f.get(second).get(column[j]!).op("f32x4.sub").set(second);
          }
        }
        f.get(y).get(vector).memory("i32.load", 4).op("i32.add").set(to);
        for (const s of sums) {
          const [s0, s1, s2, s3] = s as [Local, Local, Local, Local];
          f.get(s0).get(s1).op("f32x4.add").get(s2).op("f32x4.add").get(start).op("f32x4.add").set(left);
          f.get(s1).get(s2).op("f32x4.sub").get(s3).op("f32x4.sub").get(start).op("f32x4.add").set(right);
          f.get(to).get(left).get(right).shuffle([0, 4, 1, 5]).memory("v128.store", 0);
          f.get(to).get(left).get(right).shuffle([2, 6, 3, 7]).memory("v128.store", 16);
          f.advanceBy(to, outRow);
        }
        f.advance(from, 16).advance(vector, 8);
      },
      { atLeastOnce: true },
    );
    f.advance(bias, 4).advanceBy(y, channelBytes);
  });
  return f;
}

/** Emits `panel(a, b, depth, c)`: c[rows][16] = Σ a[depth][rows] · b[depth][16]. */
function emitPanel(module: ModuleBuilder, rows: number): FunctionBuilder {
  const f = module.func(`_panel${rows}`, new Array<"i32">(4).fill("i32"));
  const [a, b, depth, c] = [0, 1, 2, 3];
  const vectors = module.variant.wide ? 4 : 2;
  const sums = Array.from({ length: rows }, () => f.many(vectors, "v128"));
  const right = f.many(vectors, "v128");
  const left = f.local("v128");
  const [count, at, row] = locals(f, "i32");
  for (let part = 0; part < 4; part += vectors) {
    f.get(a).set(at).get(b).set(row).get(depth).set(count);
    for (const sum of sums.flat()) f.zero().set(sum);
    f.loop(() => {
      right.forEach((v, i) =>
        f
          .get(row)
          .memory("v128.load", (part + i) * 16)
          .set(v),
      );
      sums.forEach((line, r) => {
        f.get(at)
          .memory("v128.load32_splat", r * 4)
          .set(left);
        line.forEach((sum, i) =>
          f
            .madd(
              () => f.get(left),
              () => f.get(right[i]!),
              () => f.get(sum),
            )
            .set(sum),
        );
      });
      f.advance(at, rows * 4).advance(row, rowBytes);
      f.get(count).i32(1).op("i32.sub").tee(count).brIf(0);
    });
    sums.forEach((line, r) =>
      line.forEach((sum, i) =>
        f
          .get(c)
          .get(sum)
          .memory("v128.store", r * rowBytes + (part + i) * 16),
      ),
    );
  }
  return f;
}

/**
 * Emits the convolution of the images from `from` to `to`.
 *
 *     winograd(plan, x, transformed weights, bias, y, scratch, scratchBytes, from, to)
 *
 * Scratch memory as in convForward.ts.
 */
export function emitWinograd(module: ModuleBuilder): void {
  emitWeights(module);
  const zero = emitZero(module);
  const copyIn = emitCopy(module, "_copyIn", true);
  const copyOut = emitCopy(module, "_copyOut", false);
  const input = emitInput(module);
  const output = emitOutput(module);
  const panels = Array.from({ length: mostRows }, (_, i) => emitPanel(module, i + 1));

  const f = module.func("winograd", new Array<"i32">(9).fill("i32"));
  const [plan, x, weights, bias, y, scratch, scratchBytes, from, to] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const [channels, outChannels, values, products, whole, out, vectors, a, b, c, left, height, which] = locals(f, "i32");
  const move = (at: Local, bytes: WinogradWord): void => {
    f.get(at).get(from);
    word(f, plan, bytes).op("i32.mul").op("i32.add").set(at);
  };
  f.get(scratch).get(from);
  word(f, plan, "chunk").op("i32.div_u").get(scratchBytes).op("i32.mul").op("i32.add").set(scratch);
  f.get(scratch);
  word(f, plan, "planesBytes").call(zero);
  word(f, plan, "channels").set(channels);
  word(f, plan, "outChannels").set(outChannels);
  f.get(scratch);
  word(f, plan, "planesBytes").op("i32.add").set(values);
  f.get(values)
    .get(channels)
    .i32(1)
    .op("i32.add")
    .i32(16 * rowBytes)
    .op("i32.mul")
    .op("i32.add")
    .set(products);
  f.get(products)
    .get(outChannels)
    .i32(1)
    .op("i32.add")
    .i32(16 * rowBytes)
    .op("i32.mul")
    .op("i32.add")
    .set(whole);
  move(x, "imageBytes");
  move(y, "outputBytes");
  f.get(to).get(from).op("i32.sub").set(to);
  f.countDown(to, 1, () => {
    word(f, plan, "inputCopy").get(x).get(scratch).call(copyIn);
    f.get(y).set(out);
    word(f, plan, "cropped").if(() => f.get(whole).set(out));
    word(f, plan, "vectors").set(vectors);
    f.loop(() => {
      f.get(scratch);
      word(f, plan, "plane");
      word(f, plan, "planeRow").get(channels).get(vectors).get(values).call(input);
      f.get(weights).set(a).get(values).set(b).get(products).set(c).i32(16).set(which);
      f.countDown(which, 1, () => {
        f.get(outChannels).set(left);
        f.loop(() => {
          nextPanel(f, left, height, mostRows);
          byHeight(f, height, panels, [a, b, channels, c]);
          f.get(a).get(height).get(channels).op("i32.mul").i32(2).op("i32.shl").op("i32.add").set(a);
          f.get(c).get(height).i32(rowBytes).op("i32.mul").op("i32.add").set(c);
          f.get(left).get(height).op("i32.sub").tee(left).brIf(0);
        });
        f.get(b).get(channels).i32(1).op("i32.add").i32(rowBytes).op("i32.mul").op("i32.add").set(b);
        f.advance(c, rowBytes);
      });
      f.get(products).get(outChannels).get(vectors).get(bias).get(out);
      word(f, plan, "outputChannel");
      word(f, plan, "outputRow").call(output);
      f.advance(vectors, 32);
      f.get(vectors);
      word(f, plan, "vectorsEnd").op("i32.lt_u").brIf(0);
    });
    word(f, plan, "cropped").if(() => word(f, plan, "outputCopy").get(y).get(whole).call(copyOut));
    word(f, plan, "imageBytes").get(x).op("i32.add").set(x);
    word(f, plan, "outputBytes").get(y).op("i32.add").set(y);
  });
}
