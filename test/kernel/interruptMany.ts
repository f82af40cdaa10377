/** Many interrupts in one kernel, at moments that a seed gives. A small number in `npm test`, 200 in `npm run soak`. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { KernelUnderTest } from "./kernelUnderTest.ts";

const setUp = `
import { manualSeed, nn, optim, plot, rand } from "gradbook";
manualSeed(1);
const net = new nn.Sequential(new nn.Linear(8, 16), new nn.ReLU(), new nn.Linear(16, 1));
const adam = new optim.Adam(net.parameters(), { lr: 1e-3 });
function train() {
  adam.zeroGrad();
  const loss = nn.functional.mseLoss(net.forward(rand(32, 8)), rand(32, 1));
  loss.backward();
  adam.step();
  return loss;
}
const kept = { list: [1, 2, 3], text: "as it was" };
undefined`;

/** Each prints "go" when it has begun, and never ends. */
const kinds = [
  "let n = 0; console.log('go'); for (;;) n++;",
  "console.log('go'); await new Promise(() => {});",
  "console.log('go'); for (;;) await 0;",
  "setTimeout(() => { console.log('go'); for (;;); }, 1); await new Promise(() => {});",
  "console.log('go'); for (;;) train();",
  "const live = plot.live({ model: net, optimizer: adam }); console.log('go'); for (;;) live.log({ loss: train() });",
  "let m = 1; console.log('go'); m = 2; new Function('for (;;);')();",
  "setInterval(() => { console.log('go'); new Function('for (;;);')(); }, 1); await new Promise(() => {});",
];

export async function interruptMany(
  runtime: string,
  count: number,
  onRound: (round: number) => void = () => {},
): Promise<void> {
  const kernel = new KernelUnderTest({ runtime });
  try {
    await kernel.value(setUp);
    let seed = 12345;
    const random = (below: number): number => (seed = (seed * 48271) % 2147483647) % below;
    for (let round = 0; round < count; round++) {
      const code = kinds[round < kinds.length ? round : random(kinds.length)]!;
      const cell = kernel.start(code);
      await cell.printed("go");
      await sleep(random(40));
      await kernel.client.interrupt();
      const { reply } = await cell.result;
      const what = `round ${round}: ${code}`;
      assert.equal(reply.status === "error" ? reply.ename : "ok", "Interrupted", what);
      assert.match(reply.status === "error" ? reply.evalue : "", /variables are kept/, what);
      assert.equal(await kernel.value("[kept.list.length, kept.text, Number.isFinite(train().item())].join()"), "'3,as it was,true'", what); // prettier-ignore
      onRound(round);
    }
  } finally {
    await kernel.stop();
  }
}
