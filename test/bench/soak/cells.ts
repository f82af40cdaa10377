/** A kernel that runs thousands of cells of all kinds, and what it holds meanwhile. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { KernelUnderTest } from "../../kernel/kernelUnderTest.ts";

/** Run once, before the others. */
const setUp = `
import { manualSeed, nn, optim, plot, rand, tensor } from "gradbook";
import { setTimeout as sleep } from "node:timers/promises";
import v8 from "node:v8";
import vm from "node:vm";
manualSeed(1);
const net = new nn.Sequential(new nn.Linear(4, 8), new nn.Tanh(), new nn.Linear(8, 1));
const adam = new optim.Adam(net.parameters(), { lr: 1e-3 });
function train() {
  adam.zeroGrad();
  const loss = nn.functional.mseLoss(net.forward(rand(16, 4)), rand(16, 1));
  loss.backward();
  adam.step();
  return loss;
}
v8.setFlagsFromString("--expose-gc");
const collect: () => void = vm.runInNewContext("gc");
undefined`;

/** What is looked at: after a collection, what the worker holds. */
const look = `
(() => {
  for (let i = 0; i < 4; i++) collect();
  const { heapUsed, external, arrayBuffers, rss } = process.memoryUsage();
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  const { number_of_native_contexts: contexts, number_of_detached_contexts: detached } = v8.getHeapStatistics();
  const handles = process.getActiveResourcesInfo().length;
  return JSON.stringify({ heap: heapUsed, external, arrayBuffers, rss, listeners, contexts: contexts + detached, handles });
})()`;

export interface Held {
  /** Executions done. */
  executions: number;
  /** Bytes of the worker's heap after a collection, outside it, and of the whole process. */
  heap: number;
  external: number;
  arrayBuffers: number;
  rss: number;
  /** Listeners of `process`, contexts of V8, and open handles and timers of the worker. */
  listeners: number;
  contexts: number;
  handles: number;
}

/** `i`: the number of the execution. `ends`: how it ends; "stopped": it prints "go" and is interrupted. */
export interface Kind {
  code(i: number): string;
  ends?: "error" | "stopped";
}
const kinds: Kind[] = [
  { code: (i) => `${i} * 2` },
  { code: (i) => `let count = ${i}; const twice = count * 2; var old = twice; count++; [count, twice, old]` },
  { code: (i) => `class Point { x = ${i}; get y() { return this.x; } } const point = new Point(); point.y` },
  { code: (i) => `function add(n: number) { return n + total; } let total = ${i}; const adders = [1, 2, 3].map((n) => () => add(n)); adders[0]!()` }, // prettier-ignore
  { code: (i) => `const { a, ...rest } = { a: ${i}, b: [1, 2, { c: "text" }] }; rest` },
  { code: () => "let sum = 0; for (let i = 0; i < 20_000; i++) sum += i % 7; sum" },
  { code: () => "import { local } from './local.ts'; import path from 'node:path'; [local(2), path.basename('/a/b')]" },
  { code: () => "const dynamic = await import('node:os'); typeof dynamic.cpus" },
  { code: (i) => `console.log("line ${i}"); console.error("problem ${i}"); process.stdout.write("bar\\r")` },
  { code: () => "for (let i = 0; i < 300; i++) console.log('flood', i)" },
  { code: (i) => `display({ i: ${i}, list: [1, 2, 3] }, { id: "one" }); display({ again: true }, { id: "one" })` },
  { code: (i) => `display({ [Symbol.for("Jupyter.display")]: () => ({ "text/html": "<b>${i}</b>" }) })` },
  {
    code: () => "await sleep(1); setTimeout(() => {}, 1); const later = setInterval(() => clearInterval(later), 1); 1",
  },
  { code: () => "void (async () => { for (let i = 0; i < 5; i++) await sleep(0); })(); await Promise.all([sleep(1), sleep(2)]); 1" }, // prettier-ignore
  { code: () => "async function* steps() { for (let i = 0; i < 50; i++) yield i; } let last = 0; for await (const s of steps()) last = s; last" }, // prettier-ignore
  { code: (i) => `plot.figure([{ y: [1, 2, ${i}] }], { title: { text: "t" } })` },
  { code: () => "const live = plot.live({ model: net, optimizer: adam }); for (let i = 0; i < 10; i++) live.log({ loss: train() });" }, // prettier-ignore
  { code: () => "const x = tensor([[1, 2], [3, 4]]); x.matmul(x).sum().item()" },
  { code: () => "rand(100, 100)" },
  { code: (i) => `throw new RangeError("number ${i}")`, ends: "error" },
  { code: () => "const broken = ;", ends: "error" },
  { code: () => "await Promise.reject(new Error('refused'))", ends: "error" },
  { code: () => "undefinedName + 1", ends: "error" },
  { code: () => "setTimeout(() => { throw new Error('late'); }, 0); await sleep(2); 1" },
  {
    code: () => "const buffer = new Uint8Array(1 << 20); const view = structuredClone({ buffer }); view.buffer.length",
  },
  {
    code: () => "let spins = 0; setInterval(() => {}, 5); for (;;) if (++spins === 1000) console.log('go');",
    ends: "stopped",
  },
  { code: () => "console.log('go'); await new Promise(() => {});", ends: "stopped" },
  { code: () => "const during = plot.live({ model: net, optimizer: adam }); console.log('go'); for (;;) during.log({ loss: train() });", ends: "stopped" }, // prettier-ignore
];
/** One that needs the harder rung takes half a second: now and then. */
const hard: Kind = { code: () => "console.log('go'); new Function('for (;;);')();", ends: "stopped" };

const LOOKS = 20;

/**
 * Runs `count` cells in one kernel (and `also` after each), in an order that a seed gives, and looks twenty times at what it holds.
 * @throws AssertionError when a cell does not end as it should.
 */
export async function soakCells(
  count: number,
  { seed = 1, also, onLook = () => {} }: { seed?: number; also?: Kind; onLook?: (held: Held) => void } = {},
): Promise<Held[]> {
  // Nobody looks at old messages: kept, they would be the test's own leak.
  const kernel = new KernelUnderTest({ forgets: true });
  const looks: Held[] = [];
  let state = seed;
  const random = (below: number): number => (state = (state * 48271) % 2147483647) % below;
  try {
    writeFileSync(path.join(kernel.folder, "local.ts"), "export const local = (x: number): number => x + 1;\n");
    await kernel.value(setUp);
    for (let i = 1; i <= count; i++) {
      await runOne(kernel, i % 250 === 0 ? hard : kinds[random(kinds.length)]!, i);
      if (also) await runOne(kernel, also, i);
      if (i % Math.floor(count / LOOKS) !== 0) continue;
      const held = { executions: i, ...JSON.parse((await kernel.value(look))!.slice(1, -1)) } as Held;
      looks.push(held);
      onLook(held);
    }
    return looks;
  } finally {
    await kernel.stop();
  }
}

async function runOne(kernel: KernelUnderTest, { code, ends }: Kind, i: number): Promise<void> {
  const text = code(i);
  const cell = kernel.start(text);
  if (ends === "stopped") {
    await cell.printed("go");
    await kernel.client.interrupt();
  }
  const { reply } = await cell.result;
  const outcome = reply.status === "ok" ? "ok" : reply.ename === "Interrupted" ? "stopped" : "error";
  assert.equal(outcome, ends ?? "ok", `execution ${i}: ${text}\n${JSON.stringify(reply)}`);
}

const MB = 2 ** 20;
/** What may lie between the halves of a run that is flat: a collector comes when it likes, and code is compiled anew. */
const allowed: { [quantity in Exclude<keyof Held, "executions">]: { share: number; more: number } } = {
  heap: { share: 0.1, more: 4 * MB },
  external: { share: 0.05, more: 2 * MB },
  arrayBuffers: { share: 0.05, more: 2 * MB },
  rss: { share: 0.1, more: 64 * MB },
  listeners: { share: 0, more: 0 },
  contexts: { share: 0, more: 0 },
  handles: { share: 0, more: 8 },
};

/** What grows, with both sizes: the largest of the second half against the largest of the quarter before it. */
export function growing(looks: readonly Held[]): string[] {
  const half = looks.length >> 1;
  const largest = (part: readonly Held[], quantity: keyof Held): number =>
    Math.max(...part.map((held) => held[quantity]));
  return Object.entries(allowed).flatMap(([name, { share, more }]) => {
    const quantity = name as keyof typeof allowed;
    const before = largest(looks.slice(half >> 1, half), quantity);
    const after = largest(looks.slice(half), quantity);
    return after - before > Math.max(share * before, more) ? [`${quantity}: ${before} → ${after}`] : [];
  });
}
