import { allocate, lastSpan, release } from "./allocator.ts";
import { compileModule, experimentalEnabled } from "./flags.ts";
import { note } from "./log.ts";
import { heap, maximumPages, memory } from "./memory.ts";
import { ModuleBuilder } from "./module.ts";
import { clearUpper } from "./upper.ts";
import { fused, plain, wide, type Variant } from "./variant.ts";

/**
 * Which variant this machine runs fastest, found by measuring the heart of a matrix product: six rows times two (or, in
 * pairs, four) vectors, with panels that fit into the first cache. A millisecond or two, once.
 */
const steps = 256;
const rows = 6;

function probe(variant: Variant): number {
  const vectors = variant.wide ? 4 : 2;
  const builder = new ModuleBuilder(variant);
  const f = builder.func("run", ["i32", "i32", "i32", "i32"]);
  const [k, a, b, c] = [0, 1, 2, 3];
  const sums = Array.from({ length: rows }, () => f.many(vectors, "v128"));
  const right = f.many(vectors, "v128");
  const left = f.local("v128");
  f.loop(() => {
    right.forEach((v, j) =>
      f
        .get(b)
        .memory("v128.load", j * 16)
        .set(v),
    );
    sums.forEach((row, i) => {
      f.get(a)
        .memory("v128.load32_splat", i * 4)
        .set(left);
      row.forEach((sum, j) =>
        f
          .madd(
            () => f.get(left),
            () => f.get(right[j]!),
            () => f.get(sum),
          )
          .set(sum),
      );
    });
    f.advance(a, rows * 4).advance(b, vectors * 16);
    f.get(k).i32(1).op("i32.sub").tee(k).brIf(0);
  });
  sums.forEach((row, i) =>
    row.forEach((sum, j) =>
      f
        .get(c)
        .get(sum)
        .memory("v128.store", (i * vectors + j) * 16),
    ),
  );
  const module = compileModule(builder.encode(maximumPages), variant.wide);
  const run = new WebAssembly.Instance(module, { env: { memory } }).exports["run"] as (...x: number[]) => void;

  const bytes = steps * (rows * 4 + vectors * 16) + rows * vectors * 16;
  const address = allocate(bytes);
  const span = lastSpan;
  const panel = address + steps * rows * 4;
  const result = panel + steps * vectors * 16;
  heap.f32.fill(0.5, address >>> 2, (address + bytes) >>> 2);
  const once = (): void => run(steps, address, panel, result);
  for (let i = 0; i < 100; i++) once();
  let best = Infinity;
  for (let window = 0; window < 5; window++) {
    const begin = performance.now();
    for (let i = 0; i < 40; i++) once();
    best = Math.min(best, performance.now() - begin);
  }
  const right1 = heap.f32[result >>> 2] === steps * 0.25;
  release(span, address);
  return right1 ? (2 * 40 * steps * rows * vectors * 4) / best / 1e6 : 0;
}

/** Relaxed SIMD is in V8 since Node 22, and elsewhere it may be missing. */
function relaxed(): boolean {
  const builder = new ModuleBuilder(fused);
  const f = builder.func("run", ["i32"]);
  f.madd(
    () => f.zero(),
    () => f.zero(),
    () => f.zero(),
  ).op("drop");
  return WebAssembly.validate(builder.encode(maximumPages));
}

let chosen: Variant | undefined;

/** The variant that kernels are compiled for. Measured at the first call. */
export function chosenVariant(): Variant {
  return (chosen ??= choose());
}
/** For tests: kernels compiled from now on are of this variant; undefined: measure again. */
export function setVariant(variant: Variant | undefined): void {
  chosen = variant;
}

function choose(): Variant {
  const strict = process.env["GRADBOOK_STRICT"] === "1";
  if (strict) {
    note("multiply and add, rounded separately: GRADBOOK_STRICT=1.");
    return plain;
  }
  if (!relaxed()) {
    note("multiply and add: this JavaScript engine has no relaxed SIMD, so no fused multiply-add.");
    return plain;
  }
  if (!experimentalEnabled()) {
    // Without our flags the first calls run in the baseline compiler, and a measurement would be of that (design T4).
    note("FMA: this process leaves V8's flags alone, so the revectorized form is not available.");
    return fused;
  }
  const speeds: [Variant, number][] = [plain, fused, wide].map((variant) => [variant, probe(variant)]);
  clearUpper();
  const [best] = speeds.reduce((a, b) => (b[1] > a[1] ? b : a));
  const measured = speeds.map(([variant, speed]) => `${variant.name} ${speed.toFixed(0)} GFLOP/s`).join(", ");
  note(`${best.name}: the fastest of ${measured}.`);
  return best;
}
