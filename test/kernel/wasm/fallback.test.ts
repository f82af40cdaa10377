import assert from "node:assert/strict";
import { attempt, type KernelDefinition } from "../../../kernel/wasm/kernel.ts";
import { log } from "../../../kernel/wasm/log.ts";
import type { ModuleBuilder } from "../../../kernel/wasm/module.ts";
import { setVariant } from "../../../kernel/wasm/probe.ts";
import { fused, plain } from "../../../kernel/wasm/variant.ts";

type Sum = { run(a: number, b: number): number };

/** A kernel that adds two numbers, and is spoiled wherever multiply-add is fused. */
function spoiled(spoil: (module: ModuleBuilder) => void): KernelDefinition<Sum> {
  return {
    name: "spoiled sum",
    build(module) {
      if (module.variant.fma) spoil(module);
      else module.func("run", ["f32", "f32"], ["f32"]).get(0).get(1).op("f32.add");
    },
    check: ({ run }) => (run(2, 3) === 5 ? undefined : `2 + 3 is ${run(2, 3)}`),
  };
}

const spoils: { name: string; spoil: (module: ModuleBuilder) => void; says: RegExp }[] = [
  {
    name: "a wrong answer",
    spoil: (module) => void module.func("run", ["f32", "f32"], ["f32"]).get(0).get(1).op("f32.sub"),
    says: /^spoiled sum: the known-answer test failed with FMA \(2 \+ 3 is -1\); one step back\.$/,
  },
  {
    name: "a trap",
    spoil: (module) => void module.func("run", ["f32", "f32"], ["f32"]).op("unreachable"),
    says: /^spoiled sum: the known-answer test failed with FMA \(it stopped: unreachable\); one step back\.$/,
  },
  {
    name: "code that does not compile",
    spoil: (module) => void module.func("run", ["f32", "f32"], ["f32"]),
    says: /^spoiled sum: it cannot be compiled with FMA \(.+\); one step back\.$/,
  },
];

describe("a kernel that is wrong in one variant", () => {
  beforeEach(() => setVariant(fused));
  after(() => setVariant(undefined));

  for (const { name, spoil, says } of spoils) {
    it(`${name}: goes one step back, says so, and is right`, () => {
      const from = log.length;
      const made = attempt(spoiled(spoil));
      assert.equal(made?.variant, plain);
      assert.equal(made.exports.run(20, 22), 42);
      // Others may have something to say at the same time.
      const lines = log.slice(from).filter((line) => line.startsWith("spoiled"));
      assert.match(lines.join("\n"), says);
    });
  }

  it("wrong in every variant: there is none", () => {
    const never = { ...spoiled(() => undefined), check: () => "nothing is right" };
    assert.equal(
      attempt({
        ...never,
        build: (module) => void module.func("run", ["f32", "f32"], ["f32"]).get(0).get(1).op("f32.add"),
      }),
      undefined,
    );
  });
});
