import { defineKernel, differs, pattern, type KernelDefinition } from "./kernel.ts";
import type { FunctionBuilder, Local } from "./module.ts";

/** Four rows in a vector, and four such vectors at a time: one chain of additions alone would wait for itself. */
const groups = 4;

type Exports = {
  /** See `matrixVector`. */
  // prettier-ignore
  run: (
    m: number, k: number, a: number, rowA: number, b: number, rowB: number, from: number, rowFrom: number, c: number, rowC: number,
  ) => void;
};

/**
 * A matrix whose rows lie in one piece, times a vector: run(m, k, a, rowA, b, rowB, from, rowFrom, c, rowC), float32.
 *
 * c[i] = from[i] + Σ a[i, p]·b[p] for m rows, a multiple of four; steps in bytes. Sixteen elements at a time are turned by
 * shuffles, so that each lane sums one row from k = 0 on, as the product of matrices does, to the bit.
 */
export const definition: KernelDefinition<Exports> = {
  name: "matrix times vector",
  build(module) {
    const f = module.func("run", new Array<"i32">(10).fill("i32"));
    const [m, k, a, rowA, b, rowB, from, rowFrom, c, rowC] = f.params.map((_, i) => i) as [
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
    const [rowA2, rowA3, bAt, left] = f.many(4, "i32") as [Local, Local, Local, Local];
    const heads = f.many(groups, "i32");
    const sums = f.many(groups, "v128");
    const factors = f.many(4, "v128");
    const turned = f.many(4, "v128");
    f.get(rowA).i32(1).op("i32.shl").set(rowA2).get(rowA2).get(rowA).op("i32.add").set(rowA3);
    const rows = [() => f, () => plus(f, rowA), () => plus(f, rowA2), () => plus(f, rowA3)];
    const factor = (to: Local): void => void f.get(bAt).memory("v128.load32_splat").set(to).advanceBy(bAt, rowB);
    const add = (x: Local, y: Local, sum: Local): void => {
      f.madd(
        () => f.get(x),
        () => f.get(y),
        () => f.get(sum),
      ).set(sum);
    };
    const turn = (head: Local): void => {
      const [t0, t1, t2, t3] = turned as [Local, Local, Local, Local];
      const load = (row: number): FunctionBuilder => {
        f.get(head);
        return rows[row]!().memory("v128.load");
      };
      // t0 and t1 hold pairs of rows 0 and 1, t2 and t3 of rows 2 and 3.
      load(0).set(t0);
      load(1).set(t1);
      f.get(t0).get(t1).shuffle([2, 6, 3, 7]).get(t0).get(t1).shuffle([0, 4, 1, 5]).set(t0).set(t1);
      load(2).set(t2);
      load(3).set(t3);
      f.get(t2).get(t3).shuffle([2, 6, 3, 7]).get(t2).get(t3).shuffle([0, 4, 1, 5]).set(t2).set(t3);
      f.get(t0).get(t2).shuffle([2, 3, 6, 7]).get(t0).get(t2).shuffle([0, 1, 4, 5]).set(t0).set(t2);
      f.get(t1).get(t3).shuffle([2, 3, 6, 7]).get(t1).get(t3).shuffle([0, 1, 4, 5]).set(t1).set(t3);
      f.advance(head, 16);
    };
    const block = (count: number): void => {
      const [t0, t1, t2, t3] = turned as [Local, Local, Local, Local];
      f.get(a).set(heads[0]!);
      for (let g = 1; g < count; g++)
        f.get(heads[g - 1]!)
          .get(rowA2)
          .i32(1)
          .op("i32.shl")
          .op("i32.add")
          .set(heads[g]!);
      for (const sum of sums.slice(0, count)) {
        for (let lane = 0; lane < 4; lane++) {
          f.get(from).get(sum).laneMemory("v128.load32_lane", lane).set(sum).advanceBy(from, rowFrom);
        }
      }
      f.get(b).set(bAt).get(k).set(left);
      f.countDown(left, 4, () => {
        factors.forEach(factor);
        for (let g = 0; g < count; g++) {
          turn(heads[g]!);
          [t0, t2, t1, t3].forEach((x, i) => add(x, factors[i]!, sums[g]!));
        }
      });
      f.countDown(left, 1, () => {
        factor(factors[0]!);
        for (let g = 0; g < count; g++) {
          for (let lane = 0; lane < 4; lane++) {
            f.get(heads[g]!);
            rows[lane]!().get(t0).laneMemory("v128.load32_lane", lane).set(t0);
          }
          add(t0, factors[0]!, sums[g]!);
          f.advance(heads[g]!, 4);
        }
      });
      for (const sum of sums.slice(0, count)) {
        for (let lane = 0; lane < 4; lane++) f.get(c).get(sum).laneMemory("v128.store32_lane", lane).advanceBy(c, rowC);
      }
      f.get(rowA2)
        .i32(count * 2)
        .op("i32.mul")
        .get(a)
        .op("i32.add")
        .set(a);
    };
    f.countDown(m, groups * 4, () => block(groups));
    f.countDown(m, 4, () => block(1));
  },
  check({ run }, bench) {
    for (const [m, k] of [
      [4, 1],
      [24, 7],
      [16, 12],
    ] as const) {
      const a = bench.f32(m * (k + 1), pattern);
      const b = bench.f32(k * 2, (i) => pattern(i + 31));
      const from = bench.f32(m, (i) => pattern(i + 57));
      const c = bench.f32(m * 3, () => 7);
      run(m, k, a.address, (k + 1) * 4, b.address, 8, from.address, 4, c.address, 12);
      const wrong = differs(c.data, (i) => {
        if (i % 3 !== 0) return 7;
        let sum = from.data[i / 3]!;
        for (let p = 0; p < k; p++) sum += a.data[(i / 3) * (k + 1) + p]! * b.data[p * 2]!;
        return sum;
      });
      if (wrong !== undefined) return `[${m}, ${k}]: ${wrong}`;
    }
    return undefined;
  },
};

function plus(f: FunctionBuilder, x: Local): FunctionBuilder {
  return f.get(x).op("i32.add");
}

const kernel = defineKernel(definition);
/** c = from + A·b for `m` rows, a multiple of four: steps in elements, those of A's columns 1; float32. */
// prettier-ignore
export function matrixVector(
  m: number, k: number, a: number, rowStepA: number, b: number, stepB: number, from: number, stepF: number, c: number, stepC: number,
): void {
  kernel().run(m, k, a, rowStepA * 4, b, stepB * 4, from, stepF * 4, c, stepC * 4);
}
