import { emitGemm, packA, packB, prepackedB, rowsAdjacent } from "./gemmBlocks.ts";
import type { Element } from "./gemmTile.ts";
import { differs, pattern, type KernelDefinition } from "./kernel.ts";

/** See `emitGemm`. */
// prettier-ignore
type Run = (
  m: number, n: number, k: number,
  a: number, rowA: number, columnA: number,
  b: number, rowB: number, columnB: number,
  from: number, rowFrom: number, columnFrom: number,
  c: number, rowC: number, how: number, work: number,
) => void;
export type GemmExports = {
  run: Run;
  batch: (
    count: number,
    stepA: number,
    stepB: number,
    stepFrom: number,
    stepC: number,
    ...run: Parameters<Run>
  ) => void;
  packRight: (n: number, k: number, b: number, rowB: number, columnB: number, target: number) => void;
};

/** Every height and width of a tile; then one size beyond each block. */
const sizes: readonly (readonly [m: number, n: number, k: number])[] = [
  ...[1, 2, 3, 4, 5, 6, 8, 13].map((m, i) => [m, [1, 4, 7, 8, 11, 16, 21, 33][i]!, 5 + (i % 4)] as const),
  [2, 3, 650],
  [245, 2, 2],
  [1, 530, 2],
];

/** The kernel for one element type. `work` gives `workBytes` bytes whose first 64 are zeros. */
export function gemmDefinition(element: Element, work: () => number): KernelDefinition<GemmExports> {
  const { bytes } = element;
  return {
    name: bytes === 4 ? "matrix product" : "matrix product in float64",
    build: (module) => emitGemm(module, element),
    check({ batch, packRight }, bench) {
      const numbers = (
        length: number,
        value?: (i: number) => number,
      ): { address: number; data: Float32Array | Float64Array } =>
        bytes === 4 ? bench.f32(length, value) : bench.f64(length, value);
      const tolerance = bytes === 4 ? 1e-5 : 1e-14;
      for (const [m, n, k] of sizes) {
        const a = numbers(m * k, pattern);
        const b = numbers(k * n, (i) => pattern(i + 50));
        const start = numbers(n, (i) => pattern(i + 90));
        const packed = numbers((n + 16) * k);
        const c = numbers(2 * m * n);
        for (const transposed of [false, true]) {
          const [rowA, columnA] = transposed ? [bytes, m * bytes] : [k * bytes, bytes];
          const [rowB, columnB] = transposed ? [bytes, k * bytes] : [n * bytes, bytes];
          const want = Float64Array.from({ length: m * n }, (_, at) => {
            const [i, j] = [Math.floor(at / n), at % n];
            let sum = start.data[j]!;
            for (let p = 0; p < k; p++)
              sum += a.data[(i * rowA + p * columnA) / bytes]! * b.data[(p * rowB + j * columnB) / bytes]!;
            return sum;
          });
          packRight(n, k, b.address, rowB, columnB, packed.address);
          for (const how of transposed ? [rowsAdjacent | packB, packA | prepackedB] : [0, packB, packA | packB]) {
            c.data.fill(NaN);
            const right = (how & prepackedB) === 0 ? b.address : packed.address;
            // Twice: into both halves of C.
            // prettier-ignore
            batch(2, 0, 0, 0, m * n * bytes, m, n, k, a.address, rowA, columnA, right, rowB, columnB, start.address, 0, bytes, c.address, n * bytes, how, work());
            const wrong = differs(c.data, (i) => want[i % (m * n)]!, tolerance);
            if (wrong !== undefined) return `[${m}, ${k}] · [${k}, ${n}], way ${how}: ${wrong}`;
          }
        }
      }
      return undefined;
    },
  };
}
