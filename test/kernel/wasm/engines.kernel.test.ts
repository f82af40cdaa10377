/** The same training in real kernels: other runtimes, other variants of the generated code, other numbers of threads. */
import assert from "node:assert/strict";
import path from "node:path";
import { KernelUnderTest } from "../kernelUnderTest.ts";

const node22 = path.resolve(import.meta.dirname, "../../../node_modules/node22/bin/node");

/** Trains a convolutional and a recurrent net and multiplies large matrices; shows the bits of what came out. */
const training = `
import { manualSeed, nn, optim, rand, randn, randint, type Tensor } from "gradbook";
import { createHash } from "node:crypto";
manualSeed(3);
const hash = createHash("sha256");
const numbers: number[] = [];
function see(x: Tensor) { const data = x.detach().toTypedArray(); hash.update(new Uint8Array(data.buffer)); numbers.push(x.abs().mean().item()); }

const cnn = new nn.Sequential(
  new nn.Conv2d(1, 8, 5), new nn.ReLU(), new nn.MaxPool2d(2), new nn.Conv2d(8, 16, 3, { padding: 1, bias: false }), new nn.BatchNorm2d(16), new nn.ReLU(),
  new nn.MaxPool2d(2), new nn.Flatten(), new nn.Linear(576, 40), new nn.GELU(), new nn.LayerNorm(40), new nn.Linear(40, 10));
const adam = new optim.AdamW(cnn.parameters(), { lr: 1e-3 });
for (let i = 0; i < 5; i++) {
  adam.zeroGrad();
  const loss = nn.functional.crossEntropy(cnn.forward(rand(16, 1, 28, 28)), randint(10, [16]));
  loss.backward();
  adam.step();
  see(loss);
}
for (const p of cnn.parameters()) see(p);

const lstm = new nn.LSTM(12, 20, { batchFirst: true });
const rms = new optim.RMSprop(lstm.parameters(), { lr: 1e-3 });
for (let i = 0; i < 5; i++) {
  rms.zeroGrad();
  const [out] = lstm.forward(randn(4, 9, 12));
  const loss = out.square().mean();
  loss.backward();
  rms.step();
  see(loss);
}
for (const p of lstm.parameters()) see(p);

const a = randn(300, 517), b = randn(517, 411);
see(a.matmul(b));
see(a.transpose(0, 1).matmul(a).softmax(-1));
see(rand(1000, 1200).exp().log1p().sum(0));
console.log(JSON.stringify({ digest: hash.digest("hex"), numbers }));
`;

interface Answer {
  digest: string;
  numbers: number[];
  log: string;
}

async function train(options: { runtime?: string; env?: { [name: string]: string } }, before = ""): Promise<Answer> {
  const kernel = new KernelUnderTest(options);
  try {
    if (before !== "") assert.equal((await kernel.run(before)).reply.status, "ok");
    const { stdout, reply } = await kernel.run(training);
    assert.equal(reply.status, "ok", JSON.stringify(reply));
    return { ...(JSON.parse(stdout) as Answer), log: kernel.log.join("") };
  } finally {
    await kernel.stop();
  }
}

/** What kernels may be asked to do, and whether every bit must be as in the first row. */
const kernels: {
  name: string;
  runtime?: string;
  env?: { [name: string]: string };
  before?: string;
  bits: boolean;
  log: RegExp;
}[] = [
  { name: "revectorized", bits: true, log: /engine: (revectorized FMA|FMA): the fastest of/ },
  { name: "one thread", env: { GRADBOOK_THREADS: "1" }, bits: true, log: /the fastest of/ },
  { name: "three threads", env: { GRADBOOK_THREADS: "3" }, bits: true, log: /the fastest of/ },
  {
    name: "no experimental pass",
    env: { GRADBOOK_EXPERIMENTAL: "0" },
    bits: true,
    log: /engine: FMA: this process leaves V8's flags alone/,
  },
  { name: "Node 22", runtime: node22, bits: true, log: /the fastest of/ },
  {
    name: "Node 22, no experimental pass",
    runtime: node22,
    env: { GRADBOOK_EXPERIMENTAL: "0" },
    bits: true,
    log: /FMA/,
  },
  { name: "strict", env: { GRADBOOK_STRICT: "1" }, bits: false, log: /engine: multiply and add, rounded separately/ },
  {
    name: "an engine without relaxed SIMD",
    // Stands in for one: no runtime of today lacks it.
    before: "WebAssembly.validate = () => false; undefined",
    bits: false,
    log: /engine: multiply and add: this JavaScript engine has no relaxed SIMD/,
  },
];

describe("the same answers everywhere", function () {
  this.timeout(120_000);
  let first: Answer | undefined;

  for (const { name, bits, log, before, ...options } of kernels) {
    it(`${name}: ${bits ? "every bit" : "to rounding"}`, async () => {
      const answer = await train(options, before);
      assert.match(answer.log, log);
      first ??= answer;
      assert.equal(answer.numbers.length, first.numbers.length);
      answer.numbers.forEach((x, i) => {
        const want = first!.numbers[i]!;
        assert.ok(
          Math.abs(x - want) <= 2e-5 * Math.max(1, Math.abs(want)),
          `number ${i}: ${x}, in the first kernel ${want}`,
        );
      });
      if (bits) assert.equal(answer.digest, first.digest);
      else
        assert.notEqual(
          answer.digest,
          first.digest,
          "fused and separate rounding differ somewhere, or this row tests nothing",
        );
    });
  }
});
