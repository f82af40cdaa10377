import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { nn, noGrad, randn, tensor, zeros, type Tensor } from "../../kernel/gradbook.ts";
import { close, type Golden } from "./close.ts";

const golden = JSON.parse(readFileSync(new URL("../golden/ops.json", import.meta.url), "utf8")) as {
  cases: {
    module?: string;
    options: { [name: string]: unknown };
    state: { [name: string]: Golden };
    args: Golden[];
    out: Golden;
    gradOut: Golden;
    gradInput: Golden;
    gradParams: { [name: string]: Golden };
  }[];
};
const load = ({ shape, data }: Golden): Tensor => tensor(data as number[], { dtype: "float64" }).reshape(shape);
const names: { [option: string]: string } = { d_model: "", nhead: "", input_size: "", hidden_size: "" };
const camel = (name: string): string => name.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase());

/** Options by name; sizes are positional. */
function make(module: string, options: { [name: string]: unknown }): nn.Module {
  const rest = Object.entries(options).filter(([name]) => !(name in names));
  const Made = (nn as unknown as { [name: string]: new (a: unknown, b: unknown, options: object) => nn.Module })[
    module
  ]!;
  const sizes = [options["input_size"] ?? options["d_model"], options["hidden_size"] ?? options["nhead"]];
  return new Made(sizes[0], sizes[1], Object.fromEntries(rest.map(([name, value]) => [camel(name), value]))).to(
    "float64",
  );
}

describe("modules equal PyTorch 1.13 in float64: output and gradients, from PyTorch's state", () => {
  for (const { module, options, state, args, out, gradOut, gradInput, gradParams } of golden.cases) {
    if (module === undefined) continue;
    it(`${module} ${JSON.stringify(options)}`, () => {
      const own = make(module, options);
      own.loadStateDict(Object.fromEntries(Object.entries(state).map(([name, value]) => [name, load(value)])));
      assert.deepEqual(Object.keys(own.stateDict()), Object.keys(state));
      const x = load(args[0]!).detach().requiresGrad_();
      const result = own.forward(x) as Tensor | [Tensor];
      const y = Array.isArray(result) ? result[0] : result;
      close(y, out, 1e-12, "output");
      y.backward(load(gradOut));
      close(x.grad!, gradInput, 1e-12, "gradient of the input");
      const parameters = Object.fromEntries(own.namedParameters());
      for (const [name, want] of Object.entries(gradParams)) close(parameters[name]!.grad!, want, 1e-12, name);
    });
  }
});

describe("modules", () => {
  it("BatchNorm follows the batches in training and uses what it has measured in evaluation", () => {
    const norm = new nn.BatchNorm1d(2, { momentum: 0.5 });
    const x = tensor([
      [0, 10],
      [2, 30],
    ]);
    assert.deepEqual(norm.forward(x).round().toArray(), [
      [-1, -1],
      [1, 1],
    ]);
    const state = norm.stateDict();
    assert.deepEqual(Object.keys(state), ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]);
    assert.deepEqual(
      [state["running_mean"]!, state["running_var"]!, state["num_batches_tracked"]!].map((t) => t.toArray()),
      [[0.5, 10], [1.5, 100.5], 1],
    );
    const y = norm.eval().forward(tensor([[0.5, 10]]));
    assert.deepEqual(y.toArray(), [[0, 0]]);
    assert.equal(norm.numBatchesTracked!.item(), 1);
    assert.throws(
      () => norm.forward(zeros(1, 2, 3, 4)),
      /BatchNorm1d: needs an input of 2 or 3 dims, got \[1, 2, 3, 4\]/,
    );
    assert.throws(() => norm.train().forward(zeros(1, 2)), /more than one value per channel/);
  });

  it("a network of convolutions has PyTorch's shapes and learns", () => {
    const model = new nn.Sequential(
      new nn.Conv2d(1, 4, 3, { padding: "same" }),
      new nn.BatchNorm2d(4),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(4, 6, 3, { stride: 2 }),
      new nn.AdaptiveAvgPool2d(1),
      new nn.Flatten(),
      new nn.Linear(6, 2),
    );
    const x = randn(3, 1, 12, 12);
    const y = model.forward(x) as Tensor;
    assert.deepEqual(y.shape, [3, 2]);
    y.square().mean().backward();
    assert.ok(model.parameters().every((p) => p.grad !== undefined && p.grad.isfinite().all().item() === 1));
    assert.deepEqual(
      new nn.ConvTranspose2d(4, 2, 4, { stride: 2, padding: 1 }).forward(zeros(1, 4, 5, 5)).shape,
      [1, 2, 10, 10],
    );
    assert.deepEqual(new nn.Conv1d(2, 3, 5, { dilation: 2 }).forward(zeros(1, 2, 20)).shape, [1, 3, 12]);
    assert.deepEqual(new nn.AvgPool2d(2).forward(zeros(1, 1, 5, 5)).shape, [1, 1, 2, 2]);
  });

  it("recurrent networks go on from a state, read both ways, and keep time or batch first", () => {
    for (const make of [nn.LSTM, nn.GRU, nn.RNN]) {
      const net = new make(3, 4, { numLayers: 2, bidirectional: true }) as nn.Module;
      const [output] = net.forward(randn(7, 2, 3)) as [Tensor];
      assert.deepEqual(output.shape, [7, 2, 8]);
      const one = new make(3, 4) as nn.Module;
      const x = randn(6, 2, 3);
      const [whole] = one.forward(x) as [Tensor];
      const [, state] = one.forward(x.narrow(0, 0, 4)) as [Tensor, unknown];
      const [rest] = one.forward(x.narrow(0, 4, 2), state) as [Tensor];
      close(rest, { shape: [2, 2, 4], data: whole.narrow(0, 4, 2).toTypedArray() }, 1e-6);
      assert.throws(
        () => one.forward(zeros(2, 4)),
        /the input must be \[time, batch, 3\] or \[time, 3\], got \[2, 4\]/,
      );
    }
  });

  it("attention: a causal mask hides the future, a bool mask what it forbids", () => {
    const attention = new nn.MultiheadAttention(4, 2, { batchFirst: true });
    const x = randn(1, 5, 4);
    const changed = noGrad(() => x.clone());
    changed.narrow(1, 4, 1).fill_(9);
    const causal = (t: Tensor): Tensor => attention.forward(t, t, t, { isCausal: true })[0].narrow(1, 0, 4);
    assert.deepEqual(causal(changed).toArray(), causal(x).toArray());
    const attnMask = tensor([[false, false, false, false, true]]);
    const masked = (t: Tensor): Tensor => attention.forward(x, t, t, { attnMask })[0];
    assert.deepEqual(masked(changed).toArray(), masked(x).toArray());
  });

  it("normalisations and Embedding", () => {
    const x = randn(2, 4, 3);
    assert.ok(new nn.LayerNorm([4, 3]).forward(x).mean([1, 2]).abs().max().item() < 1e-6);
    assert.ok(new nn.GroupNorm(2, 4).forward(x).reshape(4, 6).mean(1).abs().max().item() < 1e-6);
    assert.deepEqual(new nn.Embedding(10, 3).forward(tensor([[1, 2]], { dtype: "int32" })).shape, [1, 2, 3]);
    assert.throws(() => new nn.GroupNorm(3, 4), /GroupNorm: 4 channels do not divide into 3 groups/);
  });
});
