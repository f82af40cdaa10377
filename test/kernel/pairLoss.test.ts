import assert from "node:assert/strict";
import { grad, gradcheck, nn, tensor, type Tensor } from "../../kernel/gradbook.ts";
import { pattern } from "../../kernel/wasm/kernel.ts";

const f = nn.functional;
type Loss = (x: Tensor, t: Tensor, options: { reduction: "mean" | "sum" | "none" }) => Tensor;
const losses: [name: string, loss: Loss][] = [
  ["mseLoss", f.mseLoss],
  ["l1Loss", f.l1Loss],
  ["smoothL1Loss", (x, t, o) => f.smoothL1Loss(x, t, { ...o, beta: 0.4 })],
  ["huberLoss", (x, t, o) => f.huberLoss(x, t, { ...o, delta: 0.3 })],
  ["binaryCrossEntropyWithLogits", f.binaryCrossEntropyWithLogits],
];
function make(dtype: "float32" | "float64", seed: number): Tensor {
  const x = tensor(
    Array.from({ length: 12 }, (_, i) => pattern(7 * i + seed)),
    { dtype },
  )
    .reshape(3, 4)
    .detach();
  x.requiresGrad = true;
  return x;
}

describe("losses of pairs, reduced in one op", () => {
  for (const [name, loss] of losses) {
    it(`${name}: mean and sum are those of the single losses, with their gradients, to the second order`, () => {
      for (const dtype of ["float32", "float64"] as const) {
        for (const reduction of ["mean", "sum"] as const) {
          const results = [false, true].map((apart) => {
            const [x, t] = [make(dtype, 0), make(dtype, 55)];
            const value = apart ? loss(x, t, { reduction: "none" })[reduction]() : loss(x, t, { reduction });
            const first = grad(value.mul(3), [x, t], { createGraph: true });
            const second = grad(first[0]!.mul(x).sum().add(first[1]!.mul(t).sum()), [x, t]);
            return [value, ...first, ...second].map((y) => y.detach().toTypedArray());
          });
          const bound = dtype === "float32" ? 1e-5 : 1e-12;
          results[0]!.forEach((got, k) =>
            got.forEach((v, i) => {
              const want = results[1]![k]![i]!;
              assert.ok(Math.abs(v - want) <= bound, `${dtype} ${reduction} ${k} ${i}: ${v}, should be ${want}`);
            }),
          );
        }
      }
      gradcheck((x, t) => loss(x!, t!, { reduction: "mean" }), [make("float64", 0), make("float64", 55)]);
    });
  }
});
