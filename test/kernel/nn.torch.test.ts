/** Functions and modules of nn against PyTorch 1.13 (test/golden/nnCases.py): values, gradients, and buffers after a batch. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { arange, nn, tensor, type Tensor } from "../../kernel/gradbook.ts";
import { close, type Golden } from "./close.ts";

type Options = { [name: string]: unknown };
type Input = Golden | readonly Input[];
interface FunctionCase {
  function: string;
  args: (Golden | number[])[];
  options: Options;
  out: Golden;
  grads: (Golden | null)[];
}
interface ModuleCase {
  module: string;
  sizes: number[];
  options: Options;
  state: { [name: string]: Golden };
  inputs: Input[];
  forward: Options;
  out: Golden[];
  gradInputs: Golden[];
  gradParams: { [name: string]: Golden };
  stateAfter: { [name: string]: Golden };
}
const { cases } = JSON.parse(readFileSync(new URL("../golden/nn.json", import.meta.url), "utf8")) as {
  cases: (FunctionCase | ModuleCase)[];
};

const isTensor = (value: unknown): value is Golden => typeof value === "object" && value !== null && "data" in value;
const load = ({ shape, dtype, data }: Golden): Tensor =>
  tensor(data as number[], { dtype: dtype === "int64" ? "int32" : (dtype as "float64") }).reshape(shape);
const camel = (name: string): string => name.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase());
const translated = (options: Options): Options =>
  Object.fromEntries(
    Object.entries(options).map(([name, value]) => [camel(name), isTensor(value) ? load(value) : value]),
  );
/** Every element with a weight of its own. */
const contracted = (outputs: readonly Tensor[]): Tensor =>
  outputs
    .map((y) =>
      y
        .mul(
          arange(1, y.numel() + 1, { dtype: "float64" })
            .reshape(y.shape)
            .div(y.numel()),
        )
        .sum(),
    )
    .reduce((a, b) => a.add(b));

/** What is positional here and has a name there. */
const positional: { [name: string]: string[] } = {
  threshold: ["threshold", "value"],
  glu: ["dim"],
  softmin: ["dim"],
  pixel_shuffle: ["upscale_factor"],
  pixel_unshuffle: ["downscale_factor"],
  max_pool1d: ["kernel_size"],
  avg_pool1d: ["kernel_size"],
  adaptive_avg_pool1d: ["output_size"],
  adaptive_max_pool1d: ["output_size"],
};

describe("functions of nn equal PyTorch's: value and gradients", () => {
  for (const row of cases) {
    if (!("function" in row)) continue;
    it(`${row.function} ${JSON.stringify(row.options)}`, () => {
      const leaves: Tensor[] = [];
      const args: unknown[] = row.args.map((arg) => {
        if (!isTensor(arg)) return arg;
        const x = load(arg);
        if (x.dtype === "float64") leaves.push(x);
        return x;
      });
      leaves.slice(0, row.grads.length).forEach((x) => x.requiresGrad_());
      const names = positional[row.function] ?? [];
      args.push(...names.map((name) => row.options[name]));
      const rest = Object.entries(row.options).filter(([name]) => !names.includes(name));
      if (rest.length > 0) args.push(translated(Object.fromEntries(rest)));
      const f = (nn.functional as unknown as { [name: string]: (...args: unknown[]) => Tensor })[camel(row.function)]!;
      const y = f(...args);
      close(y, row.out, 1e-12, "value");
      contracted([y]).backward();
      row.grads.forEach((want, i) => want && close(leaves[i]!.grad!, want, 1e-11, `gradient ${i}`));
    });
  }
});

function make({ module, sizes, options }: ModuleCase): nn.Module {
  const { num_layers, norm, ...rest } = options;
  const own = nn as unknown as { [name: string]: new (...args: unknown[]) => nn.Module };
  const build = (): nn.Module => {
    if (module !== "TransformerEncoder") return new own[module]!(...sizes, translated(options));
    const layer = new nn.TransformerEncoderLayer(sizes[0]!, sizes[1]!, translated(rest));
    return new nn.TransformerEncoder(layer, num_layers as number, norm ? { norm: new nn.LayerNorm(sizes[0]!) } : {});
  };
  return build().to("float64");
}
const flat = (value: unknown): Tensor[] =>
  Array.isArray(value) ? value.flatMap(flat) : value === undefined ? [] : [value as Tensor];

describe("modules of nn equal PyTorch's: outputs, gradients and buffers", () => {
  for (const row of cases) {
    if (!("module" in row)) continue;
    const { module, options, state, inputs, forward, out, gradInputs, gradParams, stateAfter } = row;
    it(`${module} ${JSON.stringify(options)} ${Object.keys(forward).join(" ")}`, () => {
      const own = make(row);
      assert.deepEqual(Object.keys(own.stateDict()), Object.keys(state));
      own.loadStateDict(Object.fromEntries(Object.entries(state).map(([name, value]) => [name, load(value)])));
      // One and the same input three times is one leaf.
      const seen = new Map<string, Tensor>();
      const leaf = (input: Input): unknown => {
        if (!isTensor(input)) return input.map(leaf);
        const key = JSON.stringify(input);
        if (!seen.has(key)) seen.set(key, load(input).requiresGrad_());
        return seen.get(key);
      };
      const args = inputs.map(leaf);
      const given = Object.keys(forward).length > 0 ? [translated(forward)] : [];
      const outputs = flat(own.forward(...args, ...given));
      assert.equal(outputs.length, out.length);
      outputs.forEach((y, i) => close(y, out[i]!, 1e-11, `output ${i}`));
      contracted(outputs).backward();
      [...seen.values()].forEach((x, i) => close(x.grad!, gradInputs[i]!, 1e-10, `gradient of input ${i}`));
      const parameters = Object.fromEntries(own.namedParameters());
      assert.deepEqual(Object.keys(parameters), Object.keys(gradParams));
      for (const [name, want] of Object.entries(gradParams)) close(parameters[name]!.grad!, want, 1e-10, name);
      const after = own.stateDict();
      for (const [name, want] of Object.entries(stateAfter)) close(after[name]!, want, 1e-12, name);
    });
  }
});
