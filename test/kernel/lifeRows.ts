/** What a cell may do to the kernel, what it is told, and what is left. `kept` is a variable of an earlier cell. */
export type After =
  /** The variables are there. */
  | "same session"
  /** A new worker: the variables are gone. */
  | "new session"
  /** The process is gone; the client says so. */
  | "process gone";

export interface Row {
  name: string;
  code: string;
  after: After;
  /** Name and text of the cell's error, `ename: evalue`; undefined: it ends well. */
  error?: RegExp;
  /** What appears on stderr of the cell, maybe later. */
  stderr?: RegExp;
  /** Value of the cell. */
  value?: RegExp;
  /** It changes the kernel's surroundings: nothing else is run in it. */
  spoils?: true;
  env?: { [name: string]: string };
}

const outOfMemory = /^OutOfMemory: the kernel has taken .* more than GRADBOOK_MEMORY_LIMIT allows.*\(kept.*\)/;
const limit = { GRADBOOK_MEMORY_LIMIT: "700" };

export const rows: Row[] = [
  // Memory.
  {
    name: "a heap that grows without end",
    code: "const all: unknown[] = []; for (;;) all.push(new Array(1000).fill(0.5));",
    after: "new session",
    error: outOfMemory,
    env: limit,
  },
  {
    name: "buffers without end, in code without polls",
    code: 'new Function("const all = []; for (;;) all.push(Buffer.alloc(1e6, 1));")();',
    after: "new session",
    error: outOfMemory,
    env: limit,
  },
  {
    name: "WebAssembly memory without end",
    code: "const memories: WebAssembly.Memory[] = []; for (;;) { const m = new WebAssembly.Memory({ initial: 160 }); new Uint8Array(m.buffer).fill(1); memories.push(m); }",
    after: "new session",
    error: outOfMemory,
    env: limit,
  },
  {
    name: "tensors without end",
    code: 'import { ones } from "gradbook"; const tensors: unknown[] = []; for (;;) tensors.push(ones(1e6));',
    after: "new session",
    error: outOfMemory,
    env: limit,
  },
  {
    name: "memory that background work takes",
    code: "const all: unknown[] = []; setInterval(() => all.push(Buffer.alloc(2e7, 1)), 1); await new Promise(() => {});",
    after: "new session",
    error: outOfMemory,
    env: limit,
  },
  {
    name: "one buffer that is too large",
    code: "Buffer.alloc(2 ** 53 - 1)",
    after: "same session",
    error: /^RangeError/,
  },
  { name: "one array that is too large", code: "new Array(2 ** 32)", after: "same session", error: /^RangeError/ },
  { name: "one string that is too large", code: '"x".repeat(2 ** 30)', after: "same session", error: /^RangeError/ },
  {
    name: "recursion without end",
    code: "function down(n: number): number { return down(n + 1) + 1; } down(0);",
    after: "same session",
    error: /^RangeError: Maximum call stack size exceeded/,
  },
  {
    name: "recursion without end in getters and a proxy",
    code: "const p: any = new Proxy({}, { get: (_, k) => p[k] }); p.x;",
    after: "same session",
    error: /^RangeError/,
  },

  // Ways out.
  {
    name: "process.exit(3)",
    code: "process.exit(3)",
    after: "new session",
    error: /^SessionEnded: process\.exit\(3\).*\(kept.*\)/,
  },
  {
    name: "process.exit() after an await",
    code: "await null; process.exit();",
    after: "new session",
    error: /^SessionEnded: process\.exit\(0?\)/,
  },
  {
    name: "process.reallyExit()",
    code: "(process as any).reallyExit(4)",
    after: "new session",
    error: /^SessionEnded/,
  },
  { name: "process.abort()", code: "process.abort()", after: "same session", error: /^TypeError: process\.abort\(\)/ },
  {
    name: "process.exit() in a timer, later",
    code: "setTimeout(() => process.exit(), 20); 1",
    after: "new session",
    stderr: /SessionEnded: process\.exit.*\(kept.*\)/,
    value: /1/,
  },
  {
    name: "the port of the worker closed",
    code: 'require("node:worker_threads").parentPort.close(); await new Promise(() => {});',
    after: "new session",
    error: /^SessionEnded/,
  },
  {
    name: "messages that make no sense on the worker's port",
    code: `const { parentPort } = require("node:worker_threads");
for (const message of [null, 5, {}, { type: "nonsense" }]) parentPort.postMessage(message);
for (const type of ["publish", "started", "pong", "log", "input", "program", "answer"]) parentPort.postMessage({ type });
2`,
    after: "same session",
    value: /2/,
  },
  {
    name: "SIGTERM to the kernel",
    code: "process.kill(process.pid); for (;;);",
    after: "process gone",
    error: /KernelDied: The kernel process ended .* while this cell ran/,
  },
  {
    name: "SIGKILL to the kernel",
    code: 'process.kill(process.pid, "SIGKILL"); for (;;);',
    after: "process gone",
    error: /killed by SIGKILL.* while this cell ran/,
  },
  {
    name: "a segmentation fault",
    code: 'process.kill(process.pid, "SIGSEGV"); for (;;);',
    after: "process gone",
    error: /killed by SIGSEGV.* while this cell ran/,
  },
  {
    name: "native code that aborts, with what it printed",
    code: 'require("node:v8").setFlagsFromString("--allow-natives-syntax"); new Function("%AbortJS(\'native trouble\')")();',
    after: "process gone",
    error: /killed by SIG.* while this cell ran[^]*native trouble/,
  },
  {
    name: "a native module that does not load",
    code: "process.dlopen({ exports: {} } as any, process.execPath)",
    after: "same session",
    error: /^Error/,
  },

  // Errors of late work.
  {
    name: "an unhandled rejection",
    code: 'void Promise.reject(new Error("nobody looks")); 2',
    after: "same session",
    stderr: /Error: nobody looks[^]*Cell \[\d+\], line 1/,
    value: /2/,
  },
  {
    name: "an unhandled rejection, later",
    code: 'setTimeout(() => { void Promise.reject(new Error("too late")); }, 20); 2',
    after: "same session",
    stderr: /too late/,
    value: /2/,
  },
  {
    name: "an uncaught exception in a callback of fs, later",
    code: 'require("node:fs").readFile("/", () => { throw new TypeError("in fs"); }); 2',
    after: "same session",
    stderr: /TypeError: in fs/,
    value: /2/,
  },
  {
    name: "a rejection with a value that cannot be shown",
    code: "void Promise.reject({ get message() { throw 1; }, toString() { throw 2; }, [Symbol.for('nodejs.util.inspect.custom')]() { throw 3; } }); 2",
    after: "same session",
    value: /2/,
  },
  {
    name: "an event 'error' that nobody listens to",
    code: 'const { EventEmitter } = await import("node:events"); setTimeout(() => new EventEmitter().emit("error", new Error("unheard")), 5); 2',
    after: "same session",
    stderr: /unheard/,
    value: /2/,
  },
  {
    name: "listeners of the kernel removed, then an uncaught exception",
    code: 'process.removeAllListeners("uncaughtException"); require("node:fs").readFile("/", () => { throw new Error("unguarded"); }); await new Promise(() => {});',
    spoils: true,
    after: "new session",
    error: /^SessionEnded: the cell's worker broke down \(Error: unguarded\)/,
  },

  // Threads and programs of the user.
  {
    name: "a worker thread that throws",
    code: 'const { Worker } = await import("node:worker_threads"); new Worker("throw new Error(\'in a thread\')", { eval: true }); 2',
    after: "same session",
    stderr: /in a thread/,
    value: /2/,
  },
  {
    name: "a worker thread that exits",
    code: 'const { Worker } = await import("node:worker_threads"); const w = new Worker("process.exit(5)", { eval: true }); await new Promise((r) => w.on("exit", r))',
    after: "same session",
    value: /5/,
  },

  // What a thread cannot do, and what it should not.
  {
    name: "process.chdir",
    code: 'process.chdir("/")',
    after: "same session",
    error: /^Error: process\.chdir\("\/"\): cells run in the notebook's folder.*path\.join/,
  },
  {
    name: "reading standard input",
    code: 'require("node:fs").readFileSync(0, "utf8")',
    after: "same session",
    value: /''/,
  },
  {
    name: "waiting for standard input",
    code: 'let text = ""; for await (const chunk of process.stdin) text += chunk; text',
    after: "same session",
    error: /nobody can answer/,
  },
  {
    name: "listening to signals",
    code: 'process.on("SIGINT", () => {}); process.on("SIGTERM", () => {}); 2',
    after: "same session",
    value: /2/,
  },
  {
    name: "another Promise in the place of Promise",
    code: "globalThis.Promise = class Mine {} as any; 2",
    spoils: true,
    after: "same session",
    value: /2/,
  },
  {
    name: "Promise.prototype.then replaced",
    code: "const { then } = Promise.prototype; Promise.prototype.then = function () { throw new Error('mine'); } as any; setTimeout(() => { Promise.prototype.then = then; }, 200); 2",
    spoils: true,
    after: "same session",
    value: /2/,
  },
  {
    name: "Error.prepareStackTrace and Error replaced",
    code: "Error.prepareStackTrace = () => { throw 1; }; globalThis.Error = null as any; throw new TypeError('still shown');",
    spoils: true,
    after: "same session",
    error: /TypeError: still shown/,
  },
  {
    name: "console and streams replaced",
    code: "globalThis.console = null as any; Object.defineProperty(process, 'stderr', { value: null }); 2",
    spoils: true,
    after: "same session",
    value: /2/,
  },
];
