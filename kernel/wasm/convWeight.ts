import { emitCopy, emitZero } from "./convCopy.ts";
import { byHeight, nextPanel, ownScratch, toImage, word } from "./convForward.ts";
import { planOffset, type PlanWord } from "./convPlan.ts";
import { locals } from "./locals.ts";
import type { FunctionBuilder, Local, ModuleBuilder } from "./module.ts";
import type { Variant } from "./variant.ts";

/**
 * How many taps go with 1, 2, … output channels. A sum is two vectors (one pair); with the operands there must be room
 * for all of them in 15 registers, and there should be at least eight, so that none waits for its last addition.
 */
const tapsFor = (variant: Variant): readonly number[] => (variant.wide ? [8, 6, 3, 2, 2, 2] : [4, 3, 2]);
/** Memory for the sums of a panel: at most twelve of two vectors. */
export const foldBytes = 12 * 32;

/**
 * Emits the sums of the eight lanes of up to four numbers at `sums`, 32 bytes each, into the lanes of `into`:
 * ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7)).
 */
function emitFold(
  f: FunctionBuilder,
  sums: Local,
  numbers: readonly number[],
  scratch: readonly Local[],
  into: Local,
): void {
  const [s0, s1, s2, s3] = scratch as [Local, Local, Local, Local];
  scratch.forEach((s, i) => {
    const at = numbers[Math.min(i, numbers.length - 1)]! * 32;
    f.get(sums)
      .memory("v128.load", at)
      .get(sums)
      .memory("v128.load", at + 16)
      .op("f32x4.add")
      .set(s);
  });
  for (const [a, b] of [
    [s0, s1],
    [s2, s3],
  ] as const)
    f.get(a).get(b).shuffle([0, 4, 1, 5]).get(a).get(b).shuffle([2, 6, 3, 7]).op("f32x4.add").set(a);
  f.get(s0).get(s2).shuffle([0, 1, 4, 5]).get(s0).get(s2).shuffle([2, 3, 6, 7]).op("f32x4.add").set(into);
}

/**
 * Emits `pack(plan, y, yStep, rows, images, to)`: the strips of some output channels as to[images][strips][rows][8], so
 * that a panel reads them one after the other. Lanes that do not count are 0.
 */
function emitPackOutput(module: ModuleBuilder): FunctionBuilder {
  const f = module.func("_pack", new Array<"i32">(6).fill("i32"));
  const [plan, y, yStep, rows, images, to] = [0, 1, 2, 3, 4, 5];
  const [strips, rest, end, masks, channel, at, row] = locals(f, "i32");
  word(f, plan, "rest").set(rest);
  word(f, plan, "end").set(end);
  word(f, plan, "outputChannel").set(channel);
  const copy = (masked: boolean): void => {
    f.get(y).get(strips).memory("i32.load", 4).op("i32.add").set(at);
    f.get(rows).set(row);
    f.countDown(row, 1, () => {
      for (const half of [0, 16]) {
        f.get(to).get(at).memory("v128.load", half);
        if (masked) f.get(masks).memory("v128.load", half).op("v128.and");
        f.memory("v128.store", half);
      }
      f.advance(to, 32).advanceBy(at, channel);
    });
    f.advance(strips, 8);
    if (masked) f.advance(masks, 32);
  };
  const until = (last: Local, body: () => void): void => {
    f.get(strips)
      .get(last)
      .op("i32.lt_u")
      .if(() =>
        f.loop(() => {
          body();
          f.get(strips).get(last).op("i32.lt_u").brIf(0);
        }),
      );
  };
  f.countDown(images, 1, () => {
    word(f, plan, "full").set(strips);
    word(f, plan, "masks").set(masks);
    until(rest, () => copy(false));
    until(end, () => copy(true));
    f.advanceBy(y, yStep);
  });
  return f;
}

/**
 * Emits one panel: the gradients of `rows` output channels' weights, from some images.
 *
 *     panel(plan, x, xStep, packed, images, sums, part)
 *
 * packed[images][strips][rows][8] is what `emitPackOutput` made. Pixels lie along the lanes, so nothing is transposed: lane l sums the pixels l, l + 8, … of every row, image after
 * image, and the lanes are added up at the end.
 */
function emitPanel(module: ModuleBuilder, rows: number): FunctionBuilder {
  const f = module.func(`_panel${rows}`, new Array<"i32">(7).fill("i32"));
  const [plan, x, xStep, packed, images, sumsAt, part] = [0, 1, 2, 3, 4, 5, 6];
  const taps = tapsFor(module.variant)[rows - 1]!;
  const sums = Array.from({ length: rows }, () => Array.from({ length: taps }, () => f.many(2, "v128")));
  const xs = Array.from({ length: taps }, () => f.many(2, "v128"));
  const [y0, y1, mask0, mask1] = locals(f, "v128");
  const from = f.many(taps, "i32");
  const parts = f.many(rows, "i32");
  const folded = f.local("v128");
  const [left, offset, last, image, strips, rest, end, masks, at, input, y] = locals(f, "i32");
  word(f, plan, "rest").set(rest);
  word(f, plan, "end").set(end);
  word(f, plan, "tapOffsets").set(offset);
  word(f, plan, "taps").set(left);
  f.get(offset).get(left).i32(2).op("i32.shl").op("i32.add").i32(4).op("i32.sub").set(last);

  parts.forEach((to, r) => {
    f.get(part);
    if (r > 0)
      word(f, plan, "taps")
        .i32(r * 4)
        .op("i32.mul")
        .op("i32.add");
    f.set(to);
  });

  const visit = (masked: boolean): void => {
    f.get(strips).memory("i32.load", 0).set(input);
    if (masked)
      [mask0, mask1].forEach((m, h) =>
        f
          .get(masks)
          .memory("v128.load", h * 16)
          .set(m),
      );
    // Revectorized, the two halves are one register; otherwise one half after the other needs fewer.
    for (const halves of module.variant.wide ? [[0, 1]] : [[0], [1]]) {
      xs.forEach((v, q) => {
        f.get(from[q]!).get(input).op("i32.add").set(at);
        for (const h of halves) {
          f.get(at).memory("v128.load", h * 16);
          if (masked) f.get(h === 0 ? mask0 : mask1).op("v128.and");
          f.set(v[h]!);
        }
      });
      sums.forEach((row, r) => {
        for (const h of halves)
          f.get(y)
            .memory("v128.load", r * 32 + h * 16)
            .set(h === 0 ? y0 : y1);
        row.forEach((sum, q) => {
          for (const h of halves)
            f.madd(
              () => f.get(h === 0 ? y0 : y1),
              () => f.get(xs[q]![h]!),
              () => f.get(sum[h]!),
            ).set(sum[h]!);
        });
      });
    }
    f.advance(y, rows * 32);
    f.advance(strips, 8);
    if (masked) f.advance(masks, 32);
  };
  f.loop(() => {
    from.forEach((p, q) => {
      // Past the last tap the last one is computed again.
      f.get(x);
      f.get(offset)
        .i32(q * 4)
        .op("i32.add")
        .get(last);
      f.get(offset)
        .i32(q * 4)
        .op("i32.add")
        .get(last)
        .op("i32.lt_u")
        .op("select");
      f.memory("i32.load").op("i32.add").set(p);
    });
    f.get(packed).set(y);
    for (const row of sums) for (const sum of row) for (const h of sum) f.zero().set(h);
    f.get(images).set(image);
    f.loop(() => {
      word(f, plan, "full").set(strips);
      word(f, plan, "masks").set(masks);
      f.get(strips)
        .get(rest)
        .op("i32.lt_u")
        .if(() =>
          f.loop(() => {
            visit(false);
            f.get(strips).get(rest).op("i32.lt_u").brIf(0);
          }),
        );
      f.get(strips)
        .get(end)
        .op("i32.lt_u")
        .if(() =>
          f.loop(() => {
            visit(true);
            f.get(strips).get(end).op("i32.lt_u").brIf(0);
          }),
        );
      for (const p of from) f.advanceBy(p, xStep);
      f.get(image).i32(1).op("i32.sub").tee(image).brIf(0);
    });
    sums.flat().forEach((sum, i) =>
      sum.forEach((v, h) =>
        f
          .get(sumsAt)
          .get(v)
          .memory("v128.store", i * 32 + h * 16),
      ),
    );
    const all = sums.flatMap((row, r) => row.map((_, q) => ({ r, q, number: r * taps + q })));
    for (let i = 0; i < all.length; i += 4) {
      const group = all.slice(i, i + 4);
      emitFold(
        f,
        sumsAt,
        group.map(({ number }) => number),
        [y0, y1, mask0, mask1],
        folded,
      );
      group.forEach(({ r, q }, lane) => {
        const store = (): void => {
          const to = parts[r]!;
          f.get(to)
            .get(to)
            .memory("f32.load", q * 4)
            .get(folded)
            .lane("f32x4.extract_lane", lane)
            .op("f32.add")
            .memory("f32.store", q * 4);
        };
        if (q === 0) store();
        else f.get(left).i32(q).op("i32.gt_s").if(store);
      });
    }
    for (const to of parts) f.advance(to, taps * 4);
    f.advance(offset, taps * 4);
    f.get(left).i32(taps).op("i32.sub").tee(left).i32(0).op("i32.gt_s").brIf(0);
  });
  return f;
}

/**
 * Emits the gradient of a convolution by its weight.
 *
 *     weight(plan, x, y, parts, partBytes, scratch, scratchBytes, from, to)
 *     total(parts, partBytes, count, out)
 *
 * Every chunk of images gives a part, a sum of its own; `total` adds them up in order. Scratch memory as in
 * convForward.ts, `foldBytes` first.
 */
export function emitWeight(module: ModuleBuilder): void {
  const zero = emitZero(module);
  const copyIn = emitCopy(module, "_copyIn", true);
  const pack = emitPackOutput(module);
  const panels = tapsFor(module.variant).map((_, i) => emitPanel(module, i + 1));
  const f = module.func("weight", new Array<"i32">(9).fill("i32"));
  const [plan, x, y, parts, partBytes, scratch, scratchBytes, from, to] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const [
    n,
    rest,
    planes,
    packed,
    rows,
    copyTo,
    rowsTo,
    source,
    xStep,
    output,
    yStep,
    part,
    group,
    left,
    height,
    count,
    channel,
  ] = locals(f, "i32");
  const advance = (at: Local, by: PlanWord): void =>
    void f.get(at).get(plan).memory("i32.load", planOffset[by]).op("i32.add").set(at);
  ownScratch(f, plan, scratch, scratchBytes, from);
  f.get(scratch).i32(foldBytes).op("i32.add").set(packed);
  f.get(packed);
  word(f, plan, "packedBytes").op("i32.add").set(planes);
  f.get(planes).set(rows);
  word(f, plan, "copied").if(() => {
    f.get(planes);
    word(f, plan, "planesBytes").get(plan).memory("i32.load", planOffset.together).op("i32.mul").tee(xStep).call(zero);
    f.advanceBy(rows, xStep);
  });
  toImage(f, plan, x, from, "imageBytes");
  toImage(f, plan, y, from, "outputBytes");
  word(f, plan, "outputChannel").set(channel);
  f.get(parts).get(from);
  word(f, plan, "chunk").op("i32.div_u").get(partBytes).op("i32.mul").op("i32.add").set(parts);
  f.get(to).get(from).op("i32.sub").set(to);
  f.loop(() => {
    f.get(parts).get(partBytes).call(zero);
    // rest = min(to, chunk)
    f.get(to);
    word(f, plan, "chunk").get(to);
    word(f, plan, "chunk").op("i32.lt_u").op("select").tee(rest);
    f.get(to).op("i32.sub").i32(-1).op("i32.mul").set(to);
    f.loop(() => {
      f.get(rest);
      word(f, plan, "together").get(rest);
      word(f, plan, "together").op("i32.lt_u").op("select").set(n);
      f.get(x).set(source).get(y).set(output);
      word(f, plan, "imageBytes").set(xStep);
      word(f, plan, "outputBytes").set(yStep);
      f.get(planes).set(copyTo).get(rows).set(rowsTo);
      word(f, plan, "copied").if(() => {
        f.get(planes).set(source);
        word(f, plan, "planesBytes").set(xStep);
      });
      word(f, plan, "flat").if(() => {
        f.get(rows).set(output);
        word(f, plan, "outputRowsBytes").set(yStep);
      });
      f.get(n).set(count);
      f.countDown(count, 1, () => {
        word(f, plan, "copied").if(() => {
          word(f, plan, "inputCopy").get(x).get(copyTo).call(copyIn);
          advance(copyTo, "planesBytes");
        });
        word(f, plan, "flat").if(() => {
          word(f, plan, "outputCopy").get(y).get(rowsTo).call(copyIn);
          advance(rowsTo, "outputRowsBytes");
        });
        advance(x, "imageBytes");
        advance(y, "outputBytes");
      });
      f.get(parts).set(part);
      word(f, plan, "groups").set(group);
      f.countDown(group, 1, () => {
        word(f, plan, "outChannels").set(left);
        f.loop(() => {
          nextPanel(f, left, height, panels.length);
          f.get(plan).get(output).get(yStep).get(height).get(n).get(packed).call(pack);
          byHeight(f, height, panels, [plan, source, xStep, packed, n, scratch, part]);
          f.get(output).get(height).get(channel).op("i32.mul").op("i32.add").set(output);
          word(f, plan, "taps").get(height).op("i32.mul").i32(2).op("i32.shl").get(part).op("i32.add").set(part);
          f.get(left).get(height).op("i32.sub").tee(left).brIf(0);
        });
        advance(source, "inputGroup");
      });
      f.get(rest).get(n).op("i32.sub").tee(rest).brIf(0);
    });
    f.advanceBy(parts, partBytes);
    f.get(to).brIf(0);
  });
  emitTotal(module);
  emitBias(module);
}

/**
 * Emits the sum over images and pixels of each channel, the gradient of a bias: `bias(y, images, channels, pixels, out)`.
 * Pixel i goes to lane i mod 16; the sums of the images are added in order.
 */
function emitBias(module: ModuleBuilder): void {
  const f = module.func("bias", new Array<"i32">(5).fill("i32"));
  const [y, images, channels, pixels, out] = [0, 1, 2, 3, 4];
  const [left, count, to] = locals(f, "i32");
  const sums = f.many(4, "v128") as [Local, Local, Local, Local];
  const single = f.local("f32");
  f.get(out).set(to).get(channels).set(left);
  f.countDown(left, 1, () => f.get(to).i32(0).memory("i32.store").advance(to, 4));
  f.countDown(images, 1, () => {
    f.get(out).set(to).get(channels).set(left);
    f.countDown(left, 1, () => {
      for (const sum of sums) f.zero().set(sum);
      f.f32(0).set(single).get(pixels).set(count);
      f.countDown(count, 16, () => {
        sums.forEach((sum, i) =>
          f
            .get(sum)
            .get(y)
            .memory("v128.load", i * 16)
            .op("f32x4.add")
            .set(sum),
        );
        f.advance(y, 64);
      });
      f.countDown(count, 1, () => f.get(single).get(y).memory("f32.load").op("f32.add").set(single).advance(y, 4));
      const [a, b, c, d] = sums;
      f.get(a).get(b).op("f32x4.add").get(c).get(d).op("f32x4.add").op("f32x4.add").set(a);
      f.get(to).get(to).memory("f32.load");
      for (let lane = 0; lane < 4; lane++) f.get(a).lane("f32x4.extract_lane", lane).op("f32.add");
      f.get(single).op("f32.add").memory("f32.store").advance(to, 4);
    });
  });
}

/** Emits `total(parts, partBytes, count, out)`; partBytes is a multiple of 16. */
export function emitTotal(module: ModuleBuilder): void {
  const f = module.func("total", new Array<"i32">(4).fill("i32"));
  const [parts, partBytes, count, out] = [0, 1, 2, 3];
  const [at, left, bytes] = locals(f, "i32");
  const sum = f.local("v128");
  f.get(partBytes).set(bytes);
  f.countDown(bytes, 16, () => {
    f.get(parts).tee(at).memory("v128.load").set(sum);
    f.get(count).i32(1).op("i32.sub").set(left);
    f.countDown(left, 1, () => {
      f.advanceBy(at, partBytes);
      f.get(sum).get(at).memory("v128.load").op("f32x4.add").set(sum);
    });
    f.get(out).get(sum).memory("v128.store");
    f.advance(out, 16).advance(parts, 16);
  });
}
