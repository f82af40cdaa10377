import { emitCopy, emitZero } from "./convCopy.ts";
import { byHeight, nextPanel, ownScratch, toImage, word } from "./convForward.ts";
import { planOffset, type PlanWord } from "./convPlan.ts";
import type { FunctionBuilder, Local, ModuleBuilder } from "./module.ts";
import type { Variant } from "./variant.ts";

/**
 * How many taps go with 1, 2, … output channels. A sum is two vectors (one pair); with the operands there must be room
 * for all of them in 15 registers, and there should be at least eight, so that none waits for its last addition.
 */
const tapsFor = (variant: Variant): readonly number[] => (variant.wide ? [8, 6, 3, 2, 2, 2] : [4, 3, 2]);
/** Memory for the sums of a panel: at most twelve of two vectors. */
export const foldBytes = 12 * 32;

/** Emits `fold(sums, to)`: adds the eight lanes at `sums` to the number at `to`. */
function emitFold(module: ModuleBuilder): FunctionBuilder {
  const f = module.func("_fold", ["i32", "i32"]);
  const [sums, to] = [0, 1];
  const v = f.local("v128");
  f.get(sums).memory("v128.load", 0).get(sums).memory("v128.load", 16).op("f32x4.add").tee(v);
  f.get(v).get(v).shuffle([2, 3, 0, 1]).op("f32x4.add").set(v);
  f.get(to);
  f.get(v).lane("f32x4.extract_lane", 0).get(v).lane("f32x4.extract_lane", 1).op("f32.add");
  f.get(to).memory("f32.load").op("f32.add").memory("f32.store");
  return f;
}

/**
 * Emits one panel: the gradients of `rows` output channels' weights, from some images.
 *
 *     panel(plan, x, xStep, y, yStep, images, sums, part)
 *
 * Pixels lie along the lanes, so nothing is transposed: lane l sums the pixels l, l + 8, … of every row, image after
 * image, and the lanes are added up at the end.
 */
function emitPanel(module: ModuleBuilder, rows: number, fold: FunctionBuilder): FunctionBuilder {
  const f = module.func(`_panel${rows}`, new Array<"i32">(8).fill("i32"));
  const [plan, x, xStep, y, yStep, images, sumsAt, part] = [0, 1, 2, 3, 4, 5, 6, 7];
  const taps = tapsFor(module.variant)[rows - 1]!;
  const sums = Array.from({ length: rows }, () => Array.from({ length: taps }, () => f.many(2, "v128")));
  const xs = Array.from({ length: taps }, () => f.many(2, "v128"));
  const [y0, y1, mask0, mask1] = f.many(4, "v128") as [Local, Local, Local, Local];
  const from = f.many(taps, "i32");
  const ys = f.many(rows, "i32");
  const [left, offset, last, image, strips, rest, end, masks, at, input, output, channel] = f.many(12, "i32") as [
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local, // prettier-ignore
  ];
  word(f, plan, "outputChannel").set(channel);
  word(f, plan, "rest").set(rest);
  word(f, plan, "end").set(end);
  word(f, plan, "tapOffsets").set(offset);
  word(f, plan, "taps").set(left);
  f.get(offset).get(left).i32(2).op("i32.shl").op("i32.add").i32(4).op("i32.sub").set(last);

  const visit = (masked: boolean): void => {
    f.get(strips).memory("i32.load", 0).set(input);
    f.get(strips).memory("i32.load", 4).set(output);
    if (masked)
      [mask0, mask1].forEach((m, h) =>
        f
          .get(masks)
          .memory("v128.load", h * 16)
          .set(m),
      );
    const load = (base: Local, by: Local, into: readonly Local[], halves: readonly number[]): void => {
      f.get(base).get(by).op("i32.add").set(at);
      for (const h of halves) {
        f.get(at).memory("v128.load", h * 16);
        if (masked) f.get(h === 0 ? mask0 : mask1).op("v128.and");
        f.set(into[h]!);
      }
    };
    // Revectorized, the two halves are one register; otherwise one half after the other needs fewer.
    for (const halves of module.variant.wide ? [[0, 1]] : [[0], [1]]) {
      xs.forEach((v, q) => load(from[q]!, input, v, halves));
      sums.forEach((row, r) => {
        load(ys[r]!, output, [y0, y1], halves);
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
    ys.forEach((p, r) =>
      (r === 0
        ? f.get(y)
        : f
            .get(ys[r - 1]!)
            .get(channel)
            .op("i32.add")
      ).set(p),
    );
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
      for (const p of ys) f.advanceBy(p, yStep);
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
    sums.forEach((row, r) =>
      row.forEach((_, q) => {
        const store = (): void => {
          f.get(sumsAt)
            .i32((r * taps + q) * 32)
            .op("i32.add");
          f.get(part)
            .i32(q * 4)
            .op("i32.add");
          if (r > 0)
            word(f, plan, "taps")
              .i32(r * 4)
              .op("i32.mul")
              .op("i32.add");
          f.call(fold);
        };
        if (q === 0) store();
        else f.get(left).i32(q).op("i32.gt_s").if(store);
      }),
    );
    f.advance(offset, taps * 4).advance(part, taps * 4);
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
  const fold = emitFold(module);
  const panels = tapsFor(module.variant).map((_, i) => emitPanel(module, i + 1, fold));
  const f = module.func("weight", new Array<"i32">(9).fill("i32"));
  const [plan, x, y, parts, partBytes, scratch, scratchBytes, from, to] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const [
    n,
    rest,
    planes,
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
  ] = f.many(16, "i32") as [
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local,
    Local, // prettier-ignore
  ];
  const advance = (at: Local, by: PlanWord): void =>
    void f.get(at).get(plan).memory("i32.load", planOffset[by]).op("i32.add").set(at);
  ownScratch(f, plan, scratch, scratchBytes, from);
  f.get(scratch).i32(foldBytes).op("i32.add").set(planes);
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
          byHeight(f, height, panels, [plan, source, xStep, output, yStep, n, scratch, part]);
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
  const [left, count, to] = f.many(3, "i32") as [Local, Local, Local];
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
  const [at, left, bytes] = f.many(3, "i32") as [Local, Local, Local];
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
