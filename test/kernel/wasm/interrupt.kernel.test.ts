/** The engine after an interrupt at any moment: between operations, inside one, while threads help, while memory is taken (design T2). */
import assert from "node:assert/strict";
import { KernelUnderTest } from "../kernelUnderTest.ts";

const setUp = `
import { manualSeed, nn, optim, rand, randn, randint, zeros } from "gradbook";
const kept = { number: 42, tensor: rand(100, 100).mul(0).add(7) };
function makeNet() {
  manualSeed(5);
  const net = new nn.Sequential(new nn.Conv2d(1, 6, 3), new nn.ReLU(), new nn.MaxPool2d(2), new nn.Flatten(), new nn.Linear(6 * 13 * 13, 10));
  return { net, adam: new optim.Adam(net.parameters(), { lr: 1e-3 }) };
}
function step({ net, adam }) {
  adam.zeroGrad();
  const loss = nn.functional.crossEntropy(net.forward(randn(32, 1, 28, 28)), randint(10, [32]));
  loss.backward();
  adam.step();
  return loss.item();
}
/** A training from the beginning: the same numbers every time, or the engine has taken harm. */
function answer() {
  const it = makeNet();
  const losses = [];
  for (let i = 0; i < 4; i++) losses.push(step(it));
  const big = randn(300, 400).matmul(randn(400, 300)).sum().item();
  return JSON.stringify([losses, big, kept.number, kept.tensor.sum().item()]);
}
const victim = makeNet();
const large = randn(5000, 5000);
undefined`;

/** What goes on when the interrupt comes. */
const work = {
  "a training loop": `console.log("go"); while (true) step(victim);`,
  "allocations of all sizes": `console.log("go"); for (let i = 0; ; i++) zeros(1 + (i * 7919) % 300000).add(1);`,
  "one operation that takes seconds": `console.log("go"); while (true) large.matmul(large);`,
};

describe("interrupts inside the engine", function () {
  this.timeout(180_000);
  const kernel = new KernelUnderTest();
  after(() => kernel.stop());
  let first: string | undefined;

  before(async () => {
    const { reply } = await kernel.run(setUp);
    assert.equal(reply.status, "ok", JSON.stringify(reply));
    first = await kernel.value("answer()");
    assert.match(first!, /42/);
  });

  for (const [name, code] of Object.entries(work)) {
    const rounds = code.includes("large") ? 3 : 12;
    it(`${rounds} times in ${name}: the same training gives the same numbers, and variables are kept`, async () => {
      for (let round = 0; round < rounds; round++) {
        const cell = kernel.start(code);
        await cell.printed("go");
        // The moment is what varies.
        await new Promise((resolve) => setTimeout(resolve, (round * 37) % 101));
        await kernel.client.interrupt();
        const { reply } = await cell.result;
        assert.equal(reply.status, "error");
        assert.equal(reply.status === "error" && reply.ename, "Interrupted", JSON.stringify(reply));
        assert.equal(await kernel.value("answer()"), first, `after interrupt ${round}`);
      }
    });
  }
});
