import { emitCopy, emitZero } from "./convCopy.ts";
import { byHeight, mostRows, nextPanel, ownScratch, toImage, word } from "./convForward.ts";
import { planOffset, type PlanWord } from "./convPlan.ts";
import { locals } from "./locals.ts";
import type { FunctionBuilder, Local, ModuleBuilder } from "./module.ts";

/**
 * Emits one panel: what `rows` taps add to the gradient of the input, at all strips of an image.
 *
 *     panel(y, channel, channels, weights, target, offsets, strips, rest, end, masks)
 *
 * weights[channels][rows]. For each strip, w · y is summed over the output channels in registers, and then added to the
 * planes where each tap had read: this costs no more than a matrix product, whatever the padding. Neighbouring taps
 * must be of different channels where possible: a strip just stored would be loaded again before it has arrived.
 */
function emitPanel(module: ModuleBuilder, rows: number): FunctionBuilder {
  const f = module.func(`_panel${rows}`, new Array<"i32">(10).fill("i32"));
  const [y, channel, channels, weights, target, offsets, strips, rest, end, masks] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  const strand = module.variant.wide ? 2 : 1;
  const sums = Array.from({ length: rows }, () => f.many(strand * 2, "v128"));
  const right = f.many(strand * 2, "v128");
  const left = f.local("v128");
  const [weight, count, to] = locals(f, "i32");
  const at = f.many(strand, "i32");

  /** The strips whose offsets are `first` entries further on, side by side. */
  const tile = (first: number, sides: number, masked: boolean): void => {
    for (let s = 0; s < sides; s++)
      f.get(y)
        .get(strips)
        .memory("i32.load", (first + s) * 8 + 4)
        .op("i32.add")
        .set(at[s]!);
    for (const row of sums) for (const sum of row.slice(0, sides * 2)) f.zero().set(sum);
    f.get(weights).set(weight).get(channels).set(count);
    f.loop(() => {
      for (let i = 0; i < sides * 2; i++)
        f.get(at[i >> 1]!)
          .memory("v128.load", (i & 1) * 16)
          .set(right[i]!);
      for (let s = 0; s < sides; s++) f.advanceBy(at[s]!, channel);
      sums.forEach((row, r) => {
        f.get(weight)
          .memory("v128.load32_splat", r * 4)
          .set(left);
        row.slice(0, sides * 2).forEach((sum, i) =>
          f
            .madd(
              () => f.get(left),
              () => f.get(right[i]!),
              () => f.get(sum),
            )
            .set(sum),
        );
      });
      f.advance(weight, rows * 4);
      f.get(count).i32(1).op("i32.sub").tee(count).brIf(0);
    });
    for (let s = 0; s < sides; s++) {
      sums.forEach((row, r) => {
        f.get(target)
          .get(strips)
          .memory("i32.load", (first + s) * 8)
          .op("i32.add");
        f.get(offsets)
          .memory("i32.load", r * 4)
          .op("i32.add")
          .set(to);
        const [low, high] = [row[s * 2]!, row[s * 2 + 1]!];
        [low, high].forEach((sum, i) => {
          f.get(sum);
          // A lane that does not count adds nothing, also if it is not finite.
          if (masked)
            f.get(masks)
              .memory("v128.load", i * 16)
              .op("v128.and");
          f.get(to)
            .memory("v128.load", i * 16)
            .op("f32x4.add")
            .set(sum);
        });
        f.get(to).get(low).memory("v128.store", 0).get(to).get(high).memory("v128.store", 16);
      });
    }
  };
  f.get(strips)
    .get(rest)
    .op("i32.lt_u")
    .if(() =>
      f.loop(() => {
        if (strand === 2) tile(0, 2, false);
        else for (const s of [0, 1]) tile(s, 1, false);
        f.advance(strips, 16);
        f.get(strips).get(rest).op("i32.lt_u").brIf(0);
      }),
    );
  f.get(strips)
    .get(end)
    .op("i32.lt_u")
    .if(() =>
      f.loop(() => {
        tile(0, 1, true);
        f.advance(strips, 8).advance(masks, 32);
        f.get(strips).get(end).op("i32.lt_u").brIf(0);
      }),
    );
  return f;
}

/** Emits `pack(plan, w, packed)`: packed[group][panel of taps][output channels][rows], taps with channels fastest. */
function emitPack(module: ModuleBuilder): void {
  const f = module.func("pack", ["i32", "i32", "i32"]);
  const [plan, w, to] = [0, 1, 2];
  const [groups, left, height, row, channel, index, from, places, bytes] = locals(f, "i32");
  word(f, plan, "groups").set(groups);
  word(f, plan, "taps").i32(2).op("i32.shl").set(bytes);
  f.countDown(groups, 1, () => {
    word(f, plan, "taps").set(left);
    word(f, plan, "turnedWeights").set(places);
    f.loop(() => {
      nextPanel(f, left, height, mostRows);
      word(f, plan, "outChannels").set(channel);
      f.get(w).set(from);
      f.countDown(channel, 1, () => {
        f.get(height).set(row).get(places).set(index);
        f.countDown(row, 1, () => {
          f.get(to).get(from).get(index).memory("i32.load").op("i32.add").memory("f32.load").memory("f32.store");
          f.advance(to, 4).advance(index, 4);
        });
        f.advanceBy(from, bytes);
      });
      f.get(index).set(places);
      f.get(left).get(height).op("i32.sub").tee(left).brIf(0);
    });
    f.get(from).set(w);
  });
}

/**
 * Emits the gradient of a convolution by its input, for the images from `from` to `to`.
 *
 *     input(plan, y, packed, x, scratch, scratchBytes, from, to)
 *
 * Scratch memory as in convForward.ts.
 */
export function emitInput(module: ModuleBuilder): void {
  emitPack(module);
  const zero = emitZero(module);
  const copyIn = emitCopy(module, "_copyIn", true);
  const copyOut = emitCopy(module, "_copyOut", false);
  const panels = Array.from({ length: mostRows }, (_, i) => emitPanel(module, i + 1));

  const f = module.func("input", new Array<"i32">(8).fill("i32"));
  const [plan, y, packed, x, scratch, scratchBytes, from, to] = [0, 1, 2, 3, 4, 5, 6, 7];
  const [group, source, rows, target, weights, left, height, channel, channels, offsets, strips, rest, end, masks] =
    f.many(14, "i32") as [
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
  f.get(scratch).set(rows);
  word(f, plan, "copied").if(() => advance(rows, "planesBytes"));
  toImage(f, plan, x, from, "imageBytes");
  toImage(f, plan, y, from, "outputBytes");
  word(f, plan, "outputChannel").set(channel);
  word(f, plan, "outChannels").set(channels);
  word(f, plan, "full").set(strips);
  word(f, plan, "rest").set(rest);
  word(f, plan, "end").set(end);
  word(f, plan, "masks").set(masks);
  f.get(to).get(from).op("i32.sub").set(to);
  f.countDown(to, 1, () => {
    f.get(y).set(source).get(x).set(target);
    word(f, plan, "copied").if(
      () => {
        f.get(scratch).tee(target);
        word(f, plan, "planesBytes").call(zero);
      },
      () => {
        f.get(x);
        word(f, plan, "imageBytes").call(zero);
      },
    );
    word(f, plan, "flat").if(() => {
      word(f, plan, "outputCopy").get(y).get(rows).call(copyIn);
      f.get(rows).set(source);
    });
    word(f, plan, "groups").set(group);
    f.get(packed).set(weights);
    f.countDown(group, 1, () => {
      word(f, plan, "taps").set(left);
      word(f, plan, "turnedOffsets").set(offsets);
      f.loop(() => {
        nextPanel(f, left, height, mostRows);
        byHeight(f, height, panels, [source, channel, channels, weights, target, offsets, strips, rest, end, masks]);
        f.get(offsets).get(height).i32(2).op("i32.shl").op("i32.add").set(offsets);
        f.get(weights).get(channels).get(height).op("i32.mul").i32(2).op("i32.shl").op("i32.add").set(weights);
        f.get(left).get(height).op("i32.sub").tee(left).brIf(0);
      });
      f.get(source).get(channels).get(channel).op("i32.mul").op("i32.add").set(source);
      advance(target, "inputGroup");
    });
    word(f, plan, "copied").if(() => {
      word(f, plan, "uncovered").if(() => {
        f.get(x);
        word(f, plan, "imageBytes").call(zero);
      });
      word(f, plan, "inputCopy").get(x).get(scratch).call(copyOut);
    });
    advance(x, "imageBytes");
    advance(y, "outputBytes");
  });
}
