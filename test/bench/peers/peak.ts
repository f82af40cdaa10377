/**
 * What the hardware allows WebAssembly: multiplications and additions in registers alone, no memory. Prints GFLOP/s of
 * one thread as a JSON line, for each way of generating code.
 */
import { compileModule, enableExperimental } from "../../../kernel/wasm/flags.ts";
import { heap, maximumPages, memory } from "../../../kernel/wasm/memory.ts";
import { ModuleBuilder } from "../../../kernel/wasm/module.ts";
import { fused, plain, wide, type Variant } from "../../../kernel/wasm/variant.ts";

enableExperimental();
const ROUNDS = 2e6;
const UNROLLED = 4;

/** Sums that do not depend on each other: as many as there are registers for, in pairs where pairs are fused. */
function accumulators({ wide }: Variant): number {
  return wide ? 24 : 12;
}

/** `rounds` times sum ← x · y + sum in every accumulator; then they are stored at 64, side by side. */
function compile(variant: Variant): (rounds: number) => void {
  const module = new ModuleBuilder(variant);
  const f = module.func("peak", ["i32"]);
  const sums = f.many(accumulators(variant), "v128");
  // V8 pairs neighbouring loads and stores with all that lies between; without pairs one of each is enough.
  const pair = variant.wide ? 2 : 1;
  const xs = f.many(pair, "v128");
  const ys = f.many(pair, "v128");
  [...xs, ...ys].forEach((local, i) =>
    f
      .i32(0)
      .memory("v128.load", 16 * i)
      .set(local),
  );
  sums.forEach((sum, i) =>
    f
      .i32(0)
      .memory("v128.load", 64 + 16 * i)
      .set(sum),
  );
  f.countDown(
    0,
    1,
    () => {
      for (let u = 0; u < UNROLLED; u++) {
        sums.forEach((sum, i) => {
          const [x, y] = [xs[i % pair]!, ys[i % pair]!];
          f.madd(
            () => void f.get(x),
            () => void f.get(y),
            () => void f.get(sum),
          ).set(sum);
        });
        // Rounded apart, x · y would be computed once for all.
        if (!variant.fma) f.get(xs[0]!).get(ys[0]!).op("f32x4.add").set(xs[0]!);
      }
    },
    { atLeastOnce: true },
  );
  sums.forEach((sum, i) =>
    f
      .i32(0)
      .get(sum)
      .memory("v128.store", 64 + 16 * i),
  );
  const compiled = compileModule(module.encode(maximumPages), variant.wide);
  return new WebAssembly.Instance(compiled, { env: { memory } }).exports["peak"] as (rounds: number) => void;
}

function gflops(variant: Variant): number {
  const peak = compile(variant);
  const flop = ROUNDS * UNROLLED * accumulators(variant) * 8;
  let best = 0;
  // The first calls may run in V8's first compiler.
  for (let i = 0; i < 10; i++) {
    heap.f32.fill(1e-9, 0, 256);
    const began = performance.now();
    peak(ROUNDS);
    best = Math.max(best, flop / (performance.now() - began) / 1e6);
  }
  return best;
}

const measured = [plain, fused, wide].map((variant) => {
  try {
    return { name: variant.name, gflops: gflops(variant) };
  } catch (error) {
    return { name: variant.name, error: (error as Error).message };
  }
});
process.stdout.write(`${JSON.stringify(measured)}\n`);
