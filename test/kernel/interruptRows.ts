/**
 * What may run when the user presses Interrupt, and what becomes of it. Each row's cell prints "go" when its work has
 * begun; `n` and `fin` are its variables, and `fin` says whether its `finally` ran.
 */

/** How far the ladder has to be climbed. */
export type Rung =
  /** The code unwinds: `finally` runs, everything is kept. */
  | "unwinds"
  /** A callback is ended from outside; the cell, which waits, then unwinds. */
  | "callback ended, cell unwinds"
  /** The code is ended from outside: no `finally`, everything is kept. */
  | "ended"
  /** The worker is replaced: the variables are lost. */
  | "new worker"
  /** Nothing in the process can end it: the process goes. */
  | "new process";

export interface Row {
  /** What runs. */
  name: string;
  rung: Rung;
  code: string;
  /** Values after the interrupt, by expression. */
  keeps?: { [expression: string]: RegExp };
  /** What the message says beyond what its rung says. */
  says?: RegExp;
}

/** A cell that does `work` inside `try … finally`. */
const cell = (work: string, before = ""): string =>
  `${before} let n = 0, fin = false; try { ${work.includes('"go"') ? "" : 'console.log("go"); '}${work} } finally { fin = true; }`;
/** The same, with work that begins later, from a callback: the cell itself waits. */
const later = (start: string, before = ""): string => cell(`${start}; await new Promise(() => {});`, before);
const spin = `for (;;) if (++n === 2000) console.log("go");`;
const counted = { "n > 1000": /true/ };

/** Files in the notebook's folder. */
export const files: { [path: string]: string } = {
  "spin.ts": "export function spin(): never { for (;;) {} }\n",
  "node_modules/spinning/package.json": '{ "name": "spinning", "type": "module", "main": "index.js" }',
  "node_modules/spinning/index.js": `
    export function spin() { for (;;) {} }
    export async function flood() { for (;;) await 0; }
    export async function sleepy() { for (;;) { globalThis.sleeps = (globalThis.sleeps ?? 0) + 1; await new Promise((r) => setTimeout(r, 1)); } }`,
};

/** A cell that is run once, before all others: their earlier cell. */
export const setUp = `
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import { execSync } from "node:child_process";
import crypto from "node:crypto";
import { EventEmitter, once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import { setTimeout as sleep, setInterval as every } from "node:timers/promises";
import { MessageChannel } from "node:worker_threads";
import { spin, flood, sleepy } from "spinning";
let untouched = { deep: ["kept"] };
let calls = 0;
function earlier(): never { for (;;) calls++; }
/** (module (func (export "spin") (loop br 0))) */
const wasm = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 8, 1, 4, 115, 112, 105, 110, 0, 0, 10, 9, 1, 7, 0, 3, 64, 12, 0, 11, 11])));
undefined`;

export const rows: Row[] = [
  // Loops.
  {
    name: "a loop in the cell",
    rung: "unwinds",
    code: cell(`while (true) if (++n === 2000) console.log("go");`),
    keeps: counted,
  },
  {
    name: "a loop in a function of an earlier cell",
    rung: "unwinds",
    code: cell("n = 7; earlier();"),
    keeps: { n: /^7$/, "calls > 0": /true/ },
  },
  {
    name: "a loop in a local module",
    rung: "unwinds",
    code: `import { spin as local } from "./spin.ts"; ${cell("n = 3; local();")}`,
    keeps: { n: /^3$/ },
  },
  { name: "a loop in a package", rung: "ended", code: cell("n = 4; spin();"), keeps: { n: /^4$/ } },
  {
    name: "a generator without end",
    rung: "unwinds",
    code: cell(
      `for (const one of forever()) if ((n += one) === 2000) console.log("go");`,
      "function* forever() { for (;;) yield 1; }",
    ),
    keeps: counted,
  },
  {
    name: "an async generator without end",
    rung: "unwinds",
    code: cell(
      `for await (const one of forever()) if ((n += one) === 20) console.log("go");`,
      "async function* forever() { for (;;) yield 1; }",
    ),
    keeps: { "n > 10": /true/ },
  },
  { name: "a loop after an await", rung: "unwinds", code: cell(`await null; ${spin}`), keeps: counted },
  {
    name: "for (;;) await 0",
    rung: "unwinds",
    code: cell(`for (;;) { await 0; if (++n === 20) console.log("go"); }`),
    keeps: { "n > 10": /true/ },
  },
  { name: "a loop in catch", rung: "unwinds", code: cell(`try { throw 1; } catch { ${spin} }`), keeps: counted },
  { name: "a loop in finally", rung: "unwinds", code: cell(`try { n++; } finally { ${spin} }`), keeps: counted },
  {
    name: "a loop that catches everything and goes on",
    rung: "ended",
    code: cell(`for (;;) { try { ${spin} } catch {} }`),
    keeps: counted,
  },
  {
    name: "awaits that catch everything and go on",
    rung: "ended",
    code: cell(`for (;;) { try { for (;;) { await sleep(1); if (++n === 20) console.log("go"); } } catch {} }`),
    keeps: { "n >= 20": /true/, "const n1 = n; await sleep(30); n === n1": /true/ },
  },
  {
    name: "the locals of the loop that runs are kept",
    rung: "ended",
    code: `let fin = false, i = 0, list: number[] = [], o = { a: 1 }; for (i = 1; i < 1000; i++) { list.push(i); o = { a: i }; if (i === 500) { console.log("go"); spin(); } }`,
    keeps: { i: /^500$/, "list.length": /^500$/, "o.a": /^500$/ },
  },

  // Callbacks.
  { name: "a loop in setTimeout", rung: "unwinds", code: later(`setTimeout(() => { ${spin} }, 1)`), keeps: counted },
  { name: "a loop in setInterval", rung: "unwinds", code: later(`setInterval(() => { ${spin} }, 1)`), keeps: counted },
  { name: "a loop in setImmediate", rung: "unwinds", code: later(`setImmediate(() => { ${spin} })`), keeps: counted },
  {
    name: "a loop of a package in setTimeout",
    rung: "callback ended, cell unwinds",
    code: later(`setTimeout(() => { console.log("go"); spin(); }, 1)`),
  },
  {
    name: "a loop of a package in setInterval",
    rung: "callback ended, cell unwinds",
    code: later(`setInterval(() => { console.log("go"); spin(); }, 1)`),
  },
  {
    name: "a loop of a package in setImmediate",
    rung: "callback ended, cell unwinds",
    code: later(`setImmediate(() => { console.log("go"); spin(); })`),
  },
  {
    name: "a loop in a microtask",
    rung: "unwinds",
    code: later(`void Promise.resolve().then(() => { ${spin} })`),
    keeps: counted,
  },
  {
    name: "a loop in process.nextTick",
    rung: "unwinds",
    code: later(`process.nextTick(() => { ${spin} })`),
    keeps: counted,
  },
  {
    name: "a loop of a package in process.nextTick",
    rung: "callback ended, cell unwinds",
    code: later(`process.nextTick(() => { console.log("go"); spin(); })`),
  },
  {
    name: "a chain of setImmediate",
    rung: "unwinds",
    code: later(`const f = () => { if (++n === 2000) console.log("go"); setImmediate(f); }; f()`),
    keeps: { "const n2 = n; await sleep(20); n === n2": /true/ },
  },
  {
    name: "a flood of microtasks",
    rung: "unwinds",
    code: later(`const f = () => { if (++n === 2000) console.log("go"); queueMicrotask(f); }; f()`),
    keeps: counted,
  },
  {
    name: "a flood of process.nextTick",
    rung: "unwinds",
    code: later(`const f = () => { if (++n === 2000) console.log("go"); process.nextTick(f); }; f()`),
    keeps: counted,
  },
  {
    name: "a flood of promises",
    rung: "callback ended, cell unwinds",
    code: later(`const f = () => { if (++n === 2000) console.log("go"); void Promise.resolve().then(f); }; f()`),
    keeps: counted,
  },
  {
    name: "a loop in an event emitter",
    rung: "unwinds",
    code: cell(`const e = new EventEmitter(); e.on("x", () => { ${spin} }); e.emit("x");`),
    keeps: counted,
  },
  {
    name: "a loop in a callback of fs",
    rung: "unwinds",
    code: later(`fs.readFile("spin.ts", () => { ${spin} })`),
    keeps: counted,
  },
  {
    name: "a loop of a package in a callback of fs",
    rung: "callback ended, cell unwinds",
    code: later(`fs.readFile("spin.ts", () => { console.log("go"); spin(); })`),
  },
  {
    name: "a loop in a callback of net",
    rung: "unwinds",
    code: later(
      `const server = net.createServer(() => { server.close(); ${spin} }).listen(0, "127.0.0.1", () => net.connect((server.address() as any).port, "127.0.0.1").on("error", () => {}))`,
    ),
    keeps: counted,
  },
  {
    name: "a loop in a callback of a MessagePort",
    rung: "unwinds",
    code: later(
      `const { port1, port2 } = new MessageChannel(); port2.on("message", () => { port2.close(); ${spin} }); port1.postMessage(1)`,
    ),
    keeps: counted,
  },

  // Waiting.
  {
    name: "a promise that never settles",
    rung: "unwinds",
    code: cell("n = 1; await new Promise(() => {});"),
    keeps: { n: /^1$/ },
  },
  {
    name: "a promise of node:timers/promises",
    rung: "unwinds",
    code: cell("n = 1; await sleep(1e8);"),
    keeps: { n: /^1$/ },
  },
  {
    name: "an interval of node:timers/promises",
    rung: "unwinds",
    code: cell(`for await (const _ of every(1)) if (++n === 5) console.log("go");`),
    keeps: { "const n3 = n; await sleep(20); n === n3": /true/ },
  },
  {
    name: "a package that sleeps and goes on for ever",
    rung: "unwinds",
    code: cell("await sleepy();"),
    keeps: { "const s1 = sleeps; await sleep(30); sleeps === s1": /true/ },
  },
  {
    name: "a package that awaits what is there, for ever",
    rung: "callback ended, cell unwinds",
    code: cell("n = 1; await flood();"),
    keeps: { n: /^1$/ },
  },
  { name: "AbortSignal.timeout", rung: "unwinds", code: cell(`await once(AbortSignal.timeout(1e8), "abort");`) },
  {
    name: "a loop in a listener of AbortSignal.timeout",
    rung: "unwinds",
    code: later(`AbortSignal.timeout(1).addEventListener("abort", () => { ${spin} })`),
    keeps: counted,
  },
  {
    name: "a loop of a package in a listener of AbortSignal.timeout",
    rung: "callback ended, cell unwinds",
    code: later(`AbortSignal.timeout(1).addEventListener("abort", () => { console.log("go"); spin(); })`),
  },
  {
    name: "fetch from a server that does not answer",
    rung: "unwinds",
    code: cell(
      "const server = net.createServer().listen(0, '127.0.0.1'); await once(server, 'listening'); try { await fetch(`http://127.0.0.1:${(server.address() as any).port}`); } finally { server.close(); }",
    ),
  },
  {
    name: "a child process that is waited for",
    rung: "unwinds",
    code: cell(
      `const { spawn } = await import("node:child_process"); globalThis.waited = spawn("sleep", ["1000"]); console.log("go"); await once(waited, "exit");`,
    ),
    keeps: { "while (globalThis.waited.signalCode === null) await sleep(5); globalThis.waited.signalCode": /SIG/ },
  },

  // Native code.
  {
    name: "Atomics.wait without end",
    rung: "ended",
    code: cell("n = 2; Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);"),
    keeps: { n: /^2$/ },
  },
  {
    name: "a regular expression that never ends",
    rung: "ended",
    code: cell(`n = 2; /^(a+)+$/.test("a".repeat(60) + "b");`),
    keeps: { n: /^2$/ },
  },
  { name: "WebAssembly without end", rung: "ended", code: cell("n = 2; wasm.exports.spin();"), keeps: { n: /^2$/ } },
  {
    name: "a long sort",
    rung: "ended",
    code: cell(
      `n = 2; const list = Float64Array.from({ length: 5e6 }, (_, i) => Math.sin(i)); console.log("go"); new Function("list", "for (;;) list.slice().sort((a, b) => b - a)")(list);`,
    ),
    keeps: { n: /^2$/ },
  },
  {
    name: "JSON.stringify of huge data",
    rung: "unwinds",
    code: cell(
      "const huge = Array.from({ length: 2e5 }, (_, i) => ({ i, text: 'abc' })); for (;;) { n++; JSON.stringify(huge); }",
    ),
    keeps: { "n > 0": /true/ },
  },
  {
    name: "execSync of a long command",
    rung: "unwinds",
    code: cell(`n = 2; execSync("sleep 1000");`),
    keeps: { n: /^2$/ },
  },
  {
    name: "a native call of minutes",
    rung: "new process",
    code: cell(`crypto.pbkdf2Sync("a", "b", 2 ** 31 - 1, 64, "sha512");`),
  },

  // What users do to their surroundings.
  {
    name: "AsyncLocalStorage of the user",
    rung: "unwinds",
    code: cell(`new AsyncLocalStorage().run(1, () => { ${spin} });`),
    keeps: counted,
  },
  {
    name: "AsyncLocalStorage of the user around a package",
    rung: "callback ended, cell unwinds",
    code: cell("await new AsyncLocalStorage().run(1, async () => { await 0; spin(); });"),
  },
  {
    name: "AsyncLocalStorage of the user in a timer",
    rung: "callback ended, cell unwinds",
    code: later(`setTimeout(() => new AsyncLocalStorage().run(1, () => { console.log("go"); spin(); }), 1)`),
  },
  {
    name: "AsyncResource of the user",
    rung: "callback ended, cell unwinds",
    code: later(`setTimeout(() => new AsyncResource("mine").runInAsyncScope(() => { console.log("go"); spin(); }), 1)`),
  },
  {
    name: "other timers in the place of setTimeout",
    rung: "unwinds",
    code: cell(
      "const real = globalThis.setTimeout; globalThis.setTimeout = (() => { throw new Error('mine'); }) as any; try { await new Promise(() => {}); } finally { globalThis.setTimeout = real; }",
    ),
  },
  {
    name: "async hooks of the user",
    rung: "new worker",
    code: cell(
      `const { createHook } = await import("node:async_hooks"); createHook({ init() {} }).enable(); console.log("go"); spin();`,
    ),
    says: /async hook.*AsyncLocalStorage.* more\)/,
  },
  {
    name: "hooks of promises of the user",
    rung: "new worker",
    code: cell(
      `const v8 = await import("node:v8"); v8.promiseHooks.onInit(() => {}); await 0; console.log("go"); spin();`,
    ),
    says: /async hook/,
  },
  {
    name: "a loop with an async hook of the user",
    rung: "unwinds",
    code: cell(
      `const { createHook } = await import("node:async_hooks"); const hook = createHook({ init() {} }).enable(); try { ${spin} } finally { hook.disable(); }`,
    ),
    keeps: counted,
  },
];
