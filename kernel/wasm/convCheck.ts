import type { Geometry } from "./convPlan.ts";
import { convTerms } from "./convTerms.ts";
import { differs, pattern, type Bench } from "./kernel.ts";

// Known answers of convolutions.

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export function geometry(
  input: readonly number[],
  weight: readonly number[],
  output: readonly number[],
  { stride = 1, padding = 0, groups = 1 } = {},
): Geometry {
  return {
    input,
    weight,
    output,
    stride: [stride, stride],
    padding: [padding, padding],
    dilation: [1, 1],
    groups,
  };
}

/** Compares what `run` leaves in one of the operands, given by address, with the definition, on every sample. */
export function checkConvolution(
  bench: Bench,
  samples: readonly Geometry[],
  result: "x" | "w" | "y",
  run: (g: Geometry, x: number, w: number, y: number, bias: number) => void,
): string | undefined {
  for (const g of samples) {
    const operand = (name: string, shape: readonly number[]) =>
      bench.f32(sizeOf(shape), name === result ? undefined : (i) => pattern(i + name.charCodeAt(0)));
    const [x, w, y] = [operand("x", g.input), operand("w", g.weight), operand("y", g.output)];
    const bias = bench.f32(g.weight[0]!, pattern);
    const { data } = { x, w, y }[result];
    const want = new Float64Array(data.length);
    const outSize = g.output[2]! * g.output[3]!;
    if (result === "y") want.forEach((_, i) => (want[i] = bias.data[Math.floor(i / outSize) % g.weight[0]!]!));
    convTerms(g, (i, j, k) => {
      if (result === "y") want[k]! += x.data[i]! * w.data[j]!;
      else if (result === "x") want[i]! += y.data[k]! * w.data[j]!;
      else want[j]! += x.data[i]! * y.data[k]!;
    });
    run(g, x.address, w.address, y.address, bias.address);
    const wrong = differs(data, (i) => want[i]!);
    if (wrong !== undefined) return `${g.input.join("×")} with ${g.weight.join("×")}: ${wrong}`;
  }
  return undefined;
}
