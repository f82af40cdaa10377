import { emitCopy, emitZero } from "./convCopy.ts";
import { planOffset, type PlanWord } from "./convPlan.ts";
import { locals } from "./locals.ts";
import type { FunctionBuilder, Local, ModuleBuilder } from "./module.ts";

/** Most output channels computed at once. */
export const mostRows = 6;

/** Reads a word of a plan. */
export function word(f: FunctionBuilder, plan: Local, name: PlanWord): FunctionBuilder {
  return f.get(plan).memory("i32.load", planOffset[name]);
}

/**
 * Emits the cutting of `left` rows into panels of nearly equal height, at most `mostRows`: 8 are 4 + 4 and not 6 + 2, so
 * that few sums never wait for one another. Sets `height` to that of the next panel.
 */
export function nextPanel(f: FunctionBuilder, left: Local, height: Local, most: number): void {
  // ⌈left / ⌈left / most⌉⌉
  f.get(left)
    .get(left)
    .i32(most - 1)
    .op("i32.add")
    .i32(most)
    .op("i32.div_u")
    .tee(height);
  f.op("i32.add").i32(1).op("i32.sub").get(height).op("i32.div_u").set(height);
}

/** Calls the function for the height of the panel, of those for 1, 2, … rows. */
export function byHeight(
  f: FunctionBuilder,
  height: Local,
  functions: readonly FunctionBuilder[],
  args: readonly Local[],
): void {
  for (const [i, target] of [...functions.entries()].reverse()) {
    f.get(height)
      .i32(i + 1)
      .op("i32.eq")
      .if(() => {
        for (const arg of args) f.get(arg);
        f.call(target);
      });
  }
}

/**
 * Emits one panel: `rows` output channels at all strips of an image.
 *
 *     panel(image, weights, y, channel, bias, taps, tapsEnd, strips, stripsEnd)
 *
 * weights[taps][rows]; `taps` are offsets; strips are pairs of input and output offset, an even number of them. Each
 * output is bias + Σ over the taps in order.
 */
function emitPanel(module: ModuleBuilder, rows: number): FunctionBuilder {
  const f = module.func(`_panel${rows}`, new Array<"i32">(9).fill("i32"));
  const [image, weights, y, channel, bias, taps, tapsEnd, strips, stripsEnd] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const strand = module.variant.wide ? 2 : 1;
  const sums = Array.from({ length: rows }, () => f.many(strand * 2, "v128"));
  const right = f.many(strand * 2, "v128");
  const left = f.local("v128");
  const [tap, weight, offset, to] = locals(f, "i32");
  const at = f.many(strand, "i32");
  const starts = f.many(strand, "i32");
  f.loop(() => {
    starts.forEach((x, s) =>
      f
        .get(image)
        .get(strips)
        .memory("i32.load", s * 8)
        .op("i32.add")
        .set(x),
    );
    sums.forEach((row, r) => {
      f.get(bias)
        .memory("v128.load32_splat", r * 4)
        .set(row[0]!);
      for (const sum of row.slice(1)) f.get(row[0]!).set(sum);
    });
    f.get(taps).set(tap).get(weights).set(weight);
    f.loop(() => {
      f.get(tap).memory("i32.load").set(offset);
      at.forEach((x, s) => f.get(starts[s]!).get(offset).op("i32.add").set(x));
      right.forEach((v, i) =>
        f
          .get(at[i >> 1]!)
          .memory("v128.load", (i & 1) * 16)
          .set(v),
      );
      sums.forEach((row, r) => {
        f.get(weight)
          .memory("v128.load32_splat", r * 4)
          .set(left);
        row.forEach((sum, i) =>
          f
            .madd(
              () => f.get(left),
              () => f.get(right[i]!),
              () => f.get(sum),
            )
            .set(sum),
        );
      });
      f.advance(weight, rows * 4).advance(tap, 4);
      f.get(tap).get(tapsEnd).op("i32.ne").brIf(0);
    });
    for (let s = 0; s < strand; s++) {
      f.get(y)
        .get(strips)
        .memory("i32.load", s * 8 + 4)
        .op("i32.add")
        .set(to);
      sums.forEach((row, r) => {
        f.get(to)
          .get(row[s * 2]!)
          .memory("v128.store", 0);
        f.get(to)
          .get(row[s * 2 + 1]!)
          .memory("v128.store", 16);
        if (r < rows - 1) f.advanceBy(to, channel);
      });
    }
    f.advance(strips, strand * 8);
    f.get(strips).get(stripsEnd).op("i32.lt_u").brIf(0);
  });
  return f;
}

/**
 * Emits the packing of weights into packed[group][panel][taps][rows]:
 *
 *     pack(plan, w, groupStep, rowStep, channelStep, tapStep, channels, packed)
 *
 * `w` is the address of the first tap. A plan's taps are `channels` times those of the kernel.
 */
function emitPack(module: ModuleBuilder): void {
  const f = module.func("pack", new Array<"i32">(8).fill("i32"));
  const [plan, w, groupStep, rowStep, channelStep, tapStep, channels, to] = [0, 1, 2, 3, 4, 5, 6, 7];
  const [groups, left, height, kernel, channel, tap, row, first, start, at, from] = locals(f, "i32");
  word(f, plan, "groups").set(groups);
  word(f, plan, "taps").get(channels).op("i32.div_u").set(kernel);
  f.countDown(groups, 1, () => {
    word(f, plan, "outChannels").set(left);
    f.get(w).set(first);
    f.loop(() => {
      nextPanel(f, left, height, mostRows);
      f.get(channels).set(channel).get(first).set(start);
      f.countDown(channel, 1, () => {
        f.get(kernel).set(tap).get(start).set(at);
        f.countDown(tap, 1, () => {
          f.get(height).set(row).get(at).set(from);
          f.countDown(row, 1, () => {
            f.get(to).get(from).memory("f32.load").memory("f32.store");
            f.advance(to, 4).advanceBy(from, rowStep);
          });
          f.advanceBy(at, tapStep);
        });
        f.advanceBy(start, channelStep);
      });
      f.get(first).get(height).get(rowStep).op("i32.mul").op("i32.add").set(first);
      f.get(left).get(height).op("i32.sub").tee(left).brIf(0);
    });
    f.advanceBy(w, groupStep);
  });
}

/**
 * Emits the convolution of the images from `from` to `to`.
 *
 *     forward(plan, x, packed, bias, y, scratch, scratchBytes, from, to)
 *
 * Every chunk of the plan has its own piece of `scratchBytes` bytes; `from` must begin one. `bias` is as long as there
 * are output channels.
 */
export function emitForward(module: ModuleBuilder): void {
  emitPack(module);
  const zero = emitZero(module);
  const copyIn = emitCopy(module, "_copyIn", true);
  const copyOut = emitCopy(module, "_copyOut", false);
  const panels = Array.from({ length: mostRows }, (_, i) => emitPanel(module, i + 1));

  const f = module.func("forward", new Array<"i32">(9).fill("i32"));
  const [plan, x, packed, bias, y, scratch, scratchBytes, from, to] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const [group, source, rows, out, weights, b, left, height, channel, taps, tapsEnd, strips, end] = locals(f, "i32");
  const advance = (at: Local, by: PlanWord): void =>
    void f.get(at).get(plan).memory("i32.load", planOffset[by]).op("i32.add").set(at);
  ownScratch(f, plan, scratch, scratchBytes, from);
  f.get(scratch).set(rows);
  word(f, plan, "copied").if(() => {
    f.get(scratch);
    word(f, plan, "planesBytes").call(zero);
    advance(rows, "planesBytes");
  });
  toImage(f, plan, x, from, "imageBytes");
  toImage(f, plan, y, from, "outputBytes");
  word(f, plan, "outputChannel").set(channel);
  word(f, plan, "tapOffsets").tee(taps);
  word(f, plan, "taps").i32(2).op("i32.shl").op("i32.add").set(tapsEnd);
  word(f, plan, "full").set(strips);
  word(f, plan, "end").set(end);
  f.get(to).get(from).op("i32.sub").set(to);
  f.countDown(to, 1, () => {
    f.get(x).set(source).get(y).set(out);
    word(f, plan, "copied").if(() => {
      word(f, plan, "inputCopy").get(x).get(scratch).call(copyIn);
      f.get(scratch).set(source);
    });
    word(f, plan, "flat").if(() => f.get(rows).set(out));
    word(f, plan, "groups").set(group);
    f.get(packed).set(weights).get(bias).set(b);
    f.countDown(group, 1, () => {
      word(f, plan, "outChannels").set(left);
      f.loop(() => {
        nextPanel(f, left, height, mostRows);
        byHeight(f, height, panels, [source, weights, out, channel, b, taps, tapsEnd, strips, end]);
        f.get(out).get(height).get(channel).op("i32.mul").op("i32.add").set(out);
        f.get(b).get(height).i32(2).op("i32.shl").op("i32.add").set(b);
        word(f, plan, "taps").get(height).op("i32.mul").i32(2).op("i32.shl").get(weights).op("i32.add").set(weights);
        f.get(left).get(height).op("i32.sub").tee(left).brIf(0);
      });
      advance(source, "inputGroup");
    });
    word(f, plan, "flat").if(() => word(f, plan, "outputCopy").get(y).get(rows).call(copyOut));
    advance(x, "imageBytes");
    advance(y, "outputBytes");
  });
}

/** scratch += (from / chunk) · scratchBytes */
export function ownScratch(f: FunctionBuilder, plan: Local, scratch: Local, scratchBytes: Local, from: Local): void {
  f.get(scratch).get(from);
  word(f, plan, "chunk").op("i32.div_u").get(scratchBytes).op("i32.mul").op("i32.add").set(scratch);
}

/** at += from · (bytes of an image) */
export function toImage(f: FunctionBuilder, plan: Local, at: Local, from: Local, bytes: PlanWord): void {
  f.get(at).get(from);
  word(f, plan, bytes).op("i32.mul").op("i32.add").set(at);
}
