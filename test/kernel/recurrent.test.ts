import assert from "node:assert/strict";
import { grad, manualSeed, nn, tensor, type Tensor } from "../../kernel/gradbook.ts";
import { pattern } from "../../kernel/wasm/kernel.ts";

/** The same net in another dtype. */
function convert(net: nn.Module, dtype: "float32" | "float64"): void {
  for (const [name, p] of net.namedParameters()) {
    (net as unknown as { [name: string]: Tensor })[name] = new nn.Parameter(p.detach().to(dtype));
  }
}

const nets: [claim: string, options: nn.RecurrentOptions, batch: number, time: number, states: boolean][] = [
  ["one layer", {}, 3, 5, false],
  ["one time, one example", {}, 1, 1, true],
  ["given states", {}, 4, 6, true],
  ["two layers, two directions", { numLayers: 2, bidirectional: true }, 2, 4, true],
  ["no bias, batch first", { bias: false, batchFirst: true }, 5, 3, false],
];

describe("the fused recurrent layers", () => {
  for (const kind of ["LSTM", "GRU"] as const)
    for (const [claim, options, batch, time, states] of nets) {
      it(`${kind}, ${claim}: outputs, states, gradients and second derivatives in float32 as from basic ops in float64`, () => {
        const [size, hidden] = [7, 6];
        const results = (["float32", "float64"] as const).map((dtype) => {
          manualSeed(4);
          const net = new nn[kind](size, hidden, options);
          convert(net, dtype);
          const make = (shape: number[], seed: number): Tensor => {
            const count = shape.reduce((a, b) => a * b, 1);
            const x = tensor(
              Array.from({ length: count }, (_, i) => pattern(i + seed)),
              { dtype },
            )
              .reshape(shape)
              .detach();
            x.requiresGrad = true;
            return x;
          };
          const x = make(options.batchFirst ? [batch, time, size] : [time, batch, size], 0);
          const layers = (options.numLayers ?? 1) * (options.bidirectional ? 2 : 1);
          const initial = [make([layers, batch, hidden], 100), make([layers, batch, hidden], 200)] as const;
          let output, h, c: Tensor;
          if (net instanceof nn.LSTM) [output, [h, c]] = net.forward(x, states ? initial : undefined);
          else {
            [output, h] = net.forward(x, states ? initial[0] : undefined);
            c = h.sin();
          }
          const used = kind === "LSTM" ? initial : [initial[0]];
          const inputs = [x, ...(states ? used : []), ...net.parameters()];
          const loss = output.square().sum().add(h.mul(c).sum());
          const first = grad(loss, inputs, { retainGraph: true });
          const recorded = grad(loss, inputs, { createGraph: true });
          const total = recorded.map((g) => g!.square().sum()).reduce((a, b) => a.add(b));
          const second = grad(total, inputs);
          return [output, h, c, ...first, ...recorded, ...second].map((t) => t!.detach().toTypedArray());
        });
        results[0]!.forEach((got, k) => {
          const want = results[1]![k]!;
          const largest = [...want].reduce((a, b) => Math.max(a, Math.abs(b)), 1);
          [...got].forEach((v, i) =>
            assert.ok(Math.abs(v - want[i]!) <= 3e-6 * largest, `${k}, ${i}: ${v}, should be ${want[i]}`),
          );
        });
      });
    }

  it("only some gradients wanted, only the last state used", () => {
    const net = new nn.LSTM(3, 4);
    (net as unknown as { [name: string]: Tensor })["weight_ih_l0"]!.requiresGrad = false;
    (net as unknown as { [name: string]: Tensor })["bias_hh_l0"]!.requiresGrad = false;
    const x = tensor(Array.from({ length: 2 * 5 * 3 }, (_, i) => pattern(i))).reshape(5, 2, 3);
    const [, [h]] = net.forward(x);
    h.sum().backward();
    assert.deepEqual(
      [...net.namedParameters()].map(([name, p]) => [name, p.grad !== undefined]),
      [
        ["weight_ih_l0", false],
        ["weight_hh_l0", true],
        ["bias_ih_l0", true],
        ["bias_hh_l0", false],
      ],
    );
  });

  it("nothing of the forward pass is kept once the graph is freed", () => {
    const net = new nn.LSTM(3, 4);
    const [y] = net.forward(tensor(Array.from({ length: 30 }, (_, i) => pattern(i))).reshape(5, 2, 3));
    const loss = y.sum();
    loss.backward();
    assert.throws(() => loss.backward(), /already used and freed/);
  });
});
