import { emitZero } from "./convCopy.ts";
import { byHeight, mostRows, nextPanel } from "./convForward.ts";
import { winogradWeightOffset, type WinogradWeightWord } from "./convWinogradWeightPlan.ts";
import { locals } from "./locals.ts";
import type { FunctionBuilder, Local, ModuleBuilder } from "./module.ts";

// The gradient of the weight of a 3 × 3 convolution, the adjoint of Winograd's algorithm (convWinograd.ts):
//
//     dw = Gᵀ [ Σ (A dY Aᵀ) ⊙ (Bᵀ x B) ] G
//
// summed over tiles. Here channels lie along the lanes, so that the sums over tiles are sixteen matrix products whose
// operands need not be transposed: images are, once, before anything is computed from them.

const word = (f: FunctionBuilder, plan: Local, name: WinogradWeightWord): FunctionBuilder =>
  f.get(plan).memory("i32.load", winogradWeightOffset[name]);

/**
 * Emits `interleave(image, channels, height, width, to, pixelBytes, rowBytes)`: channels become neighbours. Whole images;
 * sixteen numbers at a time as far as there are four channels and four pixels.
 */
function emitInterleave(module: ModuleBuilder): FunctionBuilder {
  const f = module.func("_interleave", new Array<"i32">(7).fill("i32"));
  const [image, channels, height, width, to, pixelBytes, rowBytes] = [0, 1, 2, 3, 4, 5, 6];
  const [plane, row, rows, columns, from, target, left] = locals(f, "i32");
  const at = f.many(4, "i32");
  const v = f.many(4, "v128");
  const t = f.many(4, "v128");
  f.get(height).get(width).op("i32.mul").i32(2).op("i32.shl").set(plane);
  /** Visits the rows of `count` channels; the body moves `from` and `target` along the row. */
  const eachRow = (body: () => void): void => {
    f.get(height).set(rows).get(to).set(row).get(image).set(from);
    f.countDown(
      rows,
      1,
      () => {
        f.get(row).set(target).get(width).set(columns);
        body();
        f.advanceBy(row, rowBytes);
      },
      { atLeastOnce: true },
    );
  };
  f.get(channels).set(left);
  f.countDown(left, 4, () => {
    eachRow(() => {
      f.countDown(columns, 4, () => {
        f.get(from).set(at[0]!);
        for (let i = 1; i < 4; i++)
          f.get(at[i - 1]!)
            .get(plane)
            .op("i32.add")
            .set(at[i]!);
        at.forEach((p, i) => f.get(p).memory("v128.load").set(v[i]!));
        for (const [i, [a, b]] of [
          [0, 1],
          [2, 3],
        ].entries()) {
          f.get(v[a!]!)
            .get(v[b!]!)
            .shuffle([0, 4, 1, 5])
            .set(t[2 * i]!);
          f.get(v[a!]!)
            .get(v[b!]!)
            .shuffle([2, 6, 3, 7])
            .set(t[2 * i + 1]!);
        }
        for (const [low, high, lanes] of [
          [0, 2, [0, 1, 4, 5]],
          [0, 2, [2, 3, 6, 7]],
          [1, 3, [0, 1, 4, 5]],
          [1, 3, [2, 3, 6, 7]],
        ] as const) {
          f.get(target).get(t[low]!).get(t[high]!).shuffle(lanes).memory("v128.store").advanceBy(target, pixelBytes);
        }
        f.advance(from, 16);
      });
      f.countDown(columns, 1, () => {
        f.get(from).set(at[0]!);
        for (let i = 0; i < 4; i++) {
          f.get(target)
            .get(at[0]!)
            .memory("f32.load")
            .memory("f32.store", i * 4)
            .advanceBy(at[0]!, plane);
        }
        f.advance(from, 4).advanceBy(target, pixelBytes);
      });
    });
    f.get(image).get(plane).i32(2).op("i32.shl").op("i32.add").set(image).advance(to, 16);
  });
  f.countDown(left, 1, () => {
    eachRow(() =>
      f.countDown(columns, 1, () => {
        f.get(target).get(from).memory("f32.load").memory("f32.store");
        f.advance(from, 4).advanceBy(target, pixelBytes);
      }),
    );
    f.advanceBy(image, plane).advance(to, 4);
  });
  return f;
}

/** Walks over tiles and, eight at a time, channels; `body` finds their address in `at` and writes to `target`. */
function eachTile(
  f: FunctionBuilder,
  { image, tiles, count, channels, to }: { image: Local; tiles: Local; count: Local; channels: Local; to: Local },
  offset: number,
  body: (at: Local, target: Local) => void,
): void {
  const [left, at, target] = locals(f, "i32");
  f.countDown(
    count,
    1,
    () => {
      f.get(image).get(tiles).memory("i32.load", offset).op("i32.add").set(at);
      f.get(channels).set(left);
      f.countDown(
        left,
        8,
        () => {
          f.get(to).set(target);
          body(at, target);
          f.advance(at, 32).advance(to, 32);
        },
        { atLeastOnce: true },
      );
      f.advance(tiles, 8);
    },
    { atLeastOnce: true },
  );
}

/** Emits two operations side by side, on the lower and the upper four of eight channels. */
const halves = [0, 16] as const;

/** Emits `input(image, tiles, count, channels, to, step, pixelBytes, rowBytes)`: Bᵀ x B, as to[16][tiles][channels]. */
function emitInput(module: ModuleBuilder): FunctionBuilder {
  const f = module.func("_input", new Array<"i32">(8).fill("i32"));
  const [image, tiles, count, channels, to, step, pixelBytes, rowBytes] = [0, 1, 2, 3, 4, 5, 6, 7];
  const d = Array.from({ length: 4 }, () => f.many(2, "v128"));
  const [first, second] = locals(f, "i32");
  eachTile(f, { image, tiles, count, channels, to }, 0, (at, target) => {
    for (const [a, b, op] of [
      [0, 2, "f32x4.sub"],
      [1, 2, "f32x4.add"],
      [2, 1, "f32x4.sub"],
      [1, 3, "f32x4.sub"],
    ] as const) {
      for (const [row, number] of [
        [first, a],
        [second, b],
      ] as const)
        f.get(at).get(rowBytes).i32(number).op("i32.mul").op("i32.add").set(row);
      d.forEach((pair, j) => {
        pair.forEach((v, h) =>
          f.get(first).memory("v128.load", halves[h]!).get(second).memory("v128.load", halves[h]!).op(op).set(v),
        );
        if (j < 3) f.advanceBy(first, pixelBytes).advanceBy(second, pixelBytes);
      });
      for (const [x, y, combine] of [
        [0, 2, "f32x4.sub"],
        [1, 2, "f32x4.add"],
        [2, 1, "f32x4.sub"],
        [1, 3, "f32x4.sub"],
      ] as const) {
        halves.forEach((bytes, h) =>
          f.get(target).get(d[x]![h]!).get(d[y]![h]!).op(combine).memory("v128.store", bytes),
        );
        f.advanceBy(target, step);
      }
    }
  });
  return f;
}

/** Emits `output(image, tiles, count, channels, to, step, pixelBytes, rowBytes)`: A dY Aᵀ, as to[16][tiles][channels]. */
function emitOutput(module: ModuleBuilder): FunctionBuilder {
  const f = module.func("_output", new Array<"i32">(8).fill("i32"));
  const [image, tiles, count, channels, to, step, pixelBytes, rowBytes] = [0, 1, 2, 3, 4, 5, 6, 7];
  const y = Array.from({ length: 4 }, () => f.many(2, "v128"));
  const a = f.many(2, "v128");
  const b = f.many(2, "v128");
  const place = f.local("i32");
  eachTile(f, { image, tiles, count, channels, to }, 4, (at, target) => {
    f.get(at).set(place);
    y.forEach((pair, i) => {
      if (i === 1 || i === 3) f.advanceBy(place, pixelBytes);
      if (i === 2) f.get(at).get(rowBytes).op("i32.add").set(place);
      pair.forEach((v, h) => f.get(place).memory("v128.load", halves[h]!).set(v));
    });
    const [y00, y01, y10, y11] = y as [Local[], Local[], Local[], Local[]];
    const combine = (
      into: Local[],
      x: Local[],
      z: Local[],
      op: "first" | "f32x4.add" | "f32x4.sub" | "negated",
    ): void =>
      into.forEach((v, h) => {
        if (op === "first") f.get(x[h]!);
        else if (op === "negated") f.get(z[h]!).op("f32x4.neg");
        else f.get(x[h]!).get(z[h]!).op(op);
        f.set(v);
      });
    const ops = ["first", "f32x4.add", "f32x4.sub", "negated"] as const;
    const value = f.many(2, "v128");
    for (const op of ops) {
      combine(a, y00, y10, op);
      combine(b, y01, y11, op);
      for (const across of ops) {
        combine(value, a, b, across);
        halves.forEach((bytes, h) => f.get(target).get(value[h]!).memory("v128.store", bytes));
        f.advanceBy(target, step);
      }
    }
  });
  return f;
}

/** Emits `panel(a, aStep, b, bStep, depth, c)`: c[rows][16] += Σ a[depth][rows] · b[depth][16]; rows of c are bStep apart. */
function emitPanel(module: ModuleBuilder, rows: number): FunctionBuilder {
  const f = module.func(`_panel${rows}`, new Array<"i32">(6).fill("i32"));
  const [a, aStep, b, bStep, depth, c] = [0, 1, 2, 3, 4, 5];
  const vectors = module.variant.wide ? 4 : 2;
  const sums = Array.from({ length: rows }, () => f.many(vectors, "v128"));
  const right = f.many(vectors, "v128");
  const left = f.local("v128");
  const [count, at, row, to] = locals(f, "i32");
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
      f.advanceBy(at, aStep).advanceBy(row, bStep);
      f.get(count).i32(1).op("i32.sub").tee(count).brIf(0);
    });
    f.get(c).set(to);
    sums.forEach((line, r) => {
      for (let i = 0; i < vectors; i += 2) {
        for (const h of [i, i + 1]) {
          f.get(line[h]!)
            .get(to)
            .memory("v128.load", (part + h) * 16)
            .op("f32x4.add")
            .set(line[h]!);
        }
        for (const h of [i, i + 1])
          f.get(to)
            .get(line[h]!)
            .memory("v128.store", (part + h) * 16);
      }
      if (r < rows - 1) f.advanceBy(to, bStep);
    });
  }
  return f;
}

/**
 * Emits `restore(products, step, outChannels, channels, lanes, w)`: Gᵀ u G of every pair of channels; products are
 * [16][outChannels][lanes], `lanes` being a multiple of four from `channels` up.
 */
function emitRestore(module: ModuleBuilder): void {
  const f = module.func("restore", new Array<"i32">(6).fill("i32"));
  const [products, step, outChannels, channels, lanes, w] = [0, 1, 2, 3, 4, 5];
  const [left, at] = locals(f, "i32");
  const u = f.many(4, "v128");
  const rows = Array.from({ length: 3 }, () => f.many(4, "v128"));
  const taps = f.many(9, "v128");
  const [sum, half] = locals(f, "v128");
  f.f32(0.5).op("f32x4.splat").set(half);
  const gather = (x: readonly Local[], into: readonly Local[]): void => {
    f.get(x[1]!).get(x[2]!).op("f32x4.add").get(half).op("f32x4.mul").set(sum);
    f.get(x[0]!).get(sum).op("f32x4.add").set(into[0]!);
    f.get(x[1]!).get(x[2]!).op("f32x4.sub").get(half).op("f32x4.mul").set(into[1]!);
    f.get(sum).get(x[3]!).op("f32x4.add").set(into[2]!);
  };
  f.countDown(outChannels, 1, () => {
    f.get(channels).set(left);
    f.loop(() => {
      // Columns of u one after the other: their elements are four matrices apart.
      for (let j = 0; j < 4; j++) {
        f.get(products).get(step).i32(j).op("i32.mul").op("i32.add").set(at);
        u.forEach((v, i) => {
          f.get(at).memory("v128.load").set(v);
          if (i < 3) f.get(at).get(step).i32(2).op("i32.shl").op("i32.add").set(at);
        });
        gather(
          u,
          rows.map((row) => row[j]!),
        );
      }
      rows.forEach((row, i) => gather(row, taps.slice(i * 3, i * 3 + 3)));
      for (let lane = 0; lane < 4; lane++) {
        const store = (): void =>
          taps.forEach((tap, i) =>
            f
              .get(w)
              .get(tap)
              .laneMemory("v128.store32_lane", lane, (lane * 9 + i) * 4),
          );
        if (lane === 0) store();
        else f.get(left).i32(lane).op("i32.gt_s").if(store);
      }
      f.advance(products, 16);
      // 36 bytes for each pair of channels.
      f.get(w).get(left).i32(4).get(left).i32(4).op("i32.lt_s").op("select").i32(36).op("i32.mul").op("i32.add").set(w);
      f.get(left).i32(4).op("i32.sub").tee(left).i32(0).op("i32.gt_s").brIf(0);
    });
    // To the next row of products, past the lanes that are no channel.
    f.get(products).get(lanes).get(channels).i32(3).op("i32.add").i32(-4).op("i32.and");
    f.op("i32.sub").i32(2).op("i32.shl").op("i32.add").set(products);
  });
}

/**
 * Emits the sums over the images from `from` to `to`.
 *
 *     weight(plan, x, y, parts, partBytes, scratch, scratchBytes, from, to)
 *
 * One part for each chunk of images, as in convWeight.ts; a part is [16][outChannels][lanes].
 */
export function emitWinogradWeight(module: ModuleBuilder): void {
  const zero = emitZero(module);
  const interleave = emitInterleave(module);
  const input = emitInput(module);
  const output = emitOutput(module);
  const panels = Array.from({ length: mostRows }, (_, i) => emitPanel(module, i + 1));
  emitRestore(module);

  const f = module.func("weight", new Array<"i32">(9).fill("i32"));
  const [plan, x, y, parts, partBytes, scratch, scratchBytes, from, to] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const [outputs, values, others, tiles, left, count, which, a, b, c, column, row, height, images] = locals(f, "i32");
  const [aStep, bStep, valuesStep, othersStep, a1, b1, c1] = locals(f, "i32");
  const move = (at: Local, bytes: WinogradWeightWord): void => {
    f.get(at).get(from);
    word(f, plan, bytes).op("i32.mul").op("i32.add").set(at);
  };
  const sum = (base: Local, bytes: WinogradWeightWord, into: Local): void => {
    f.get(base);
    word(f, plan, bytes).op("i32.add").set(into);
  };
  f.get(scratch).get(from);
  word(f, plan, "chunk").op("i32.div_u").get(scratchBytes).op("i32.mul").op("i32.add").set(scratch);
  f.get(parts).get(from);
  word(f, plan, "chunk").op("i32.div_u").get(partBytes).op("i32.mul").op("i32.add").set(parts);
  // What the images do not fill stays 0: margins, and lanes that are no channel.
  f.get(scratch);
  word(f, plan, "inputsBytes");
  word(f, plan, "outputsBytes").op("i32.add");
  word(f, plan, "together").op("i32.mul").call(zero);
  const region = (base: Local, bytes: WinogradWeightWord, into: Local): void => {
    f.get(base);
    word(f, plan, bytes);
    word(f, plan, "together").op("i32.mul").op("i32.add").set(into);
  };
  region(scratch, "inputsBytes", outputs);
  region(outputs, "outputsBytes", values);
  word(f, plan, "valuesStep").set(valuesStep);
  word(f, plan, "othersStep").set(othersStep);
  f.get(values).get(valuesStep).i32(16).op("i32.mul").op("i32.add").set(others);
  word(f, plan, "outputPixel").set(aStep);
  word(f, plan, "inputPixel").set(bStep);
  move(x, "imageBytes");
  move(y, "outputBytes");
  f.get(to).get(from).op("i32.sub").set(to);
  f.loop(() => {
    f.get(parts).get(partBytes).call(zero);
    // images = min(to, chunk)
    f.get(to);
    word(f, plan, "chunk").get(to);
    word(f, plan, "chunk").op("i32.lt_u").op("select").tee(images);
    f.get(to).op("i32.sub").i32(-1).op("i32.mul").set(to);
    f.loop(() => {
      // count = min(images, together)
      f.get(images);
      word(f, plan, "together").get(images);
      word(f, plan, "together").op("i32.lt_u").op("select").tee(count);
      f.get(images).op("i32.sub").i32(-1).op("i32.mul").set(images);
      word(f, plan, "tileCount").get(count).op("i32.mul").set(left);
      sum(scratch, "inputStart", a);
      f.get(outputs).set(b);
      f.countDown(count, 1, () => {
        f.get(x);
        for (const name of ["channels", "height", "width"] as const) word(f, plan, name);
        f.get(a).get(bStep);
        word(f, plan, "inputRow").call(interleave);
        f.get(y);
        for (const name of ["outChannels", "outputHeight", "outputWidth"] as const) word(f, plan, name);
        f.get(b).get(aStep);
        word(f, plan, "outputRow").call(interleave);
        sum(a, "inputsBytes", a);
        sum(b, "outputsBytes", b);
        sum(x, "imageBytes", x);
        sum(y, "outputBytes", y);
      });
      word(f, plan, "tiles").set(tiles);
      f.loop(() => {
        f.get(left);
        word(f, plan, "block").get(left);
        word(f, plan, "block").op("i32.lt_s").op("select").set(count);
        f.get(scratch).get(tiles).get(count);
        word(f, plan, "lanes").get(values).get(valuesStep).get(bStep);
        word(f, plan, "inputRow").call(input);
        f.get(outputs).get(tiles).get(count);
        word(f, plan, "outLanes").get(others).get(othersStep).get(aStep);
        word(f, plan, "outputRow").call(output);

        f.get(others).set(a).get(values).set(b).get(parts).set(c).i32(16).set(which);
        f.countDown(which, 1, () => {
          f.i32(0).set(column);
          f.loop(() => {
            word(f, plan, "outChannels").set(row);
            f.get(a).set(a1).get(c).get(column).op("i32.add").set(c1);
            f.loop(() => {
              nextPanel(f, row, height, mostRows);
              f.get(b).get(column).op("i32.add").set(b1);
              byHeight(f, height, panels, [a1, aStep, b1, bStep, count, c1]);
              f.get(a1).get(height).i32(2).op("i32.shl").op("i32.add").set(a1);
              f.get(c1).get(height).get(bStep).op("i32.mul").op("i32.add").set(c1);
              f.get(row).get(height).op("i32.sub").tee(row).brIf(0);
            });
            f.get(column).i32(64).op("i32.add").tee(column).get(bStep).op("i32.lt_u").brIf(0);
          });
          f.get(a).get(othersStep).op("i32.add").set(a);
          f.get(b).get(valuesStep).op("i32.add").set(b);
          word(f, plan, "outChannels").get(bStep).op("i32.mul").get(c).op("i32.add").set(c);
        });
        f.get(tiles).get(count).i32(3).op("i32.shl").op("i32.add").set(tiles);
        f.get(left).get(count).op("i32.sub").tee(left).brIf(0);
      });
      f.get(images).brIf(0);
    });
    f.advanceBy(parts, partBytes);
    f.get(to).brIf(0);
  });
}
