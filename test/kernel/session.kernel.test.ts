/** The session in a real kernel process: variables, imports, output, errors, and stopping with the variables kept. */
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { KernelUnderTest, type CellResult } from "./kernelUnderTest.ts";

describe("session", function () {
  this.timeout(60_000);
  let kernel: KernelUnderTest;
  before(async () => void (kernel = await KernelUnderTest.started()));
  after(() => kernel.stop());

  describe("cells", () => {
    const table: { name: string; cells: string[]; value: string | undefined }[] = [
      { name: "the last expression is shown", cells: ["1 + 1"], value: "2" },
      { name: "undefined is not shown", cells: ["undefined"], value: undefined },
      { name: "void hides", cells: ["void 5"], value: undefined },
      { name: "a promise is awaited", cells: ["Promise.resolve([1, 2])"], value: "[ 1, 2 ]" },
      { name: "variables live across cells", cells: ["let a = 1", "a++", "a"], value: "2" },
      { name: "const can be declared again", cells: ["const c = 1", "const c = 'two'", "c"], value: "'two'" },
      {
        name: "class can be declared again",
        cells: ["class K { n = 1 }", "class K { n = 2 }", "new K().n"],
        value: "2",
      },
      {
        name: "types disappear",
        cells: ["interface P { x: number }\nconst p: P = { x: 3 };\np.x as number"],
        value: "3",
      },
      {
        name: "top-level await",
        cells: ["const w = await new Promise<number>((r) => setTimeout(r, 5, 7))", "w"],
        value: "7",
      },
      {
        name: "a function sees a later redeclaration",
        cells: ["let q = 1; function f() { return q }", "let q = 5", "f()"],
        value: "5",
      },
      {
        name: "a name declared in a later cell",
        cells: ["function late() { return soon + 1 }", "const soon = 41", "late()"],
        value: "42",
      },
      { name: "a timer is one line", cells: ["[setTimeout(() => {}, 50)]"], value: "[ Timeout (after 50 ms) ]" },
      {
        name: "so is one that repeats, and one that is over",
        cells: [
          "const timer = setInterval(() => {}, 20)",
          "`${require('node:util').inspect(timer)}, ` + (clearInterval(timer), require('node:util').inspect(timer))",
        ],
        value: "'Timeout (every 20 ms), Timeout (over)'",
      },
      { name: "an immediate", cells: ["setImmediate(() => {})"], value: "Immediate" },
      { name: "Node built-ins", cells: ["import path from 'node:path'", "path.basename('/a/b')"], value: "'b'" },
    ];
    for (const { name, cells, value } of table) {
      it(name, async () => {
        let last: string | undefined;
        for (const code of cells) last = await kernel.value(code);
        assert.equal(last, value);
      });
    }
  });

  describe("imports from the notebook's folder", () => {
    it("local TypeScript, with the types away", async () => {
      writeFileSync(path.join(kernel.folder, "twice.ts"), "export const twice = (x: number): number => 2 * x;\n");
      assert.equal(await kernel.value("import { twice } from './twice.ts'; twice(21)"), "42");
    });
    it("an npm package, ESM and CommonJS", async () => {
      for (const [name, type, code] of [
        ["esm-one", "module", "export const kind = 'esm';"],
        ["cjs-one", "commonjs", "exports.kind = 'cjs';"],
      ] as const) {
        const folder = path.join(kernel.folder, "node_modules", name);
        mkdirSync(folder, { recursive: true });
        writeFileSync(path.join(folder, "package.json"), JSON.stringify({ name, type, main: "index.js" }));
        writeFileSync(path.join(folder, "index.js"), code);
      }
      assert.equal(
        await kernel.value(
          "import { kind } from 'esm-one'; import * as c from 'cjs-one'; [kind, c.kind, require('cjs-one').kind]",
        ),
        "[ 'esm', 'cjs', 'cjs' ]",
      );
    });
    it("a missing package says what to do", async () => {
      const { reply } = await kernel.run("import x from 'no-such-package'");
      assert.ok(reply.status === "error");
      assert.match(reply.evalue, /Cannot find package "no-such-package" from .*npm install no-such-package/);
    });
  });

  describe("errors", () => {
    it("the trace starts at the user's line and holds no frame of ours", async () => {
      const { reply } = await kernel.run(
        "interface Gone { a: string }\nconst n: number = 1;\n\nfunction inner(): never {\n  throw new RangeError('too far');\n}\ninner();",
      );
      assert.ok(reply.status === "error");
      const count = /Cell \[(\d+)\]/.exec(reply.traceback.join("\n"))?.[1];
      assert.deepEqual(reply.traceback.slice(0, 3), [
        "RangeError: too far",
        `    at inner (Cell [${count}], line 5)`,
        `    at Cell [${count}], line 7`,
      ]);
      assert.ok(reply.traceback.some((line) => line.startsWith("❯ 5 │")));
      assert.doesNotMatch(reply.traceback.join("\n"), /kernel|node:/);
    });
    it("a syntax error names line and column", async () => {
      const { reply } = await kernel.run("const a = 1;\nconst = 2;");
      assert.ok(reply.status === "error");
      assert.equal(reply.ename, "SyntaxError");
      assert.match(reply.traceback.join("\n"), /Cell \[\d+\], line 2/);
    });
    it("an error in a local module shows the module's own line", async () => {
      writeFileSync(
        path.join(kernel.folder, "bad.ts"),
        "type T = string;\n\nexport function bad(): T {\n  throw new Error('from a module');\n}\n",
      );
      const { reply } = await kernel.run("import { bad } from './bad.ts'; bad();");
      assert.ok(reply.status === "error");
      assert.match(reply.traceback[1] ?? "", /at bad \(.*bad\.ts:4:\d+\)/);
    });
    it("an error that comes out of an await shows the awaits that it came through", async () => {
      const { reply } = await kernel.run(
        'import { readFile } from "node:fs/promises";\nasync function load(p: string) { return await readFile(p); }\n\nconst text = await load("/nope");',
      );
      assert.ok(reply.status === "error");
      const count = /Cell \[(\d+)\]/.exec(reply.traceback.join("\n"))?.[1];
      assert.deepEqual(reply.traceback.slice(1, 3), [
        `    at load (Cell [${count}], line 2)`,
        `    at Cell [${count}], line 4`,
      ]);
    });
    it("each error of an AggregateError is shown", async () => {
      const { reply } = await kernel.run("await Promise.any([Promise.reject(new Error('first')), Promise.reject(3)])");
      assert.ok(reply.status === "error");
      const text = reply.traceback.join("\n");
      assert.match(text, /\[1\] Error: first/);
      assert.match(text, /\[2\] 3/);
    });
    it("an error that cannot be shown is still an answer", async () => {
      for (const code of [
        "class E extends Error { get message(): string { return (this as any).response.body; } }\nthrow new E();",
        "class N extends Error { override get name(): string { throw 1; } }\nthrow new N();",
        "throw { toJSON() { throw 1; }, get [Symbol.toStringTag]() { throw 2; } };",
      ]) {
        const { reply } = await kernel.run(code);
        assert.equal(reply.status, "error", code);
      }
    });
    it("a syntax error in a local module names the module", async () => {
      writeFileSync(path.join(kernel.folder, "broken.ts"), "const a = 1;\n\nexport const z = (a b);\n");
      const { reply } = await kernel.run("import { z } from './broken.ts'; z");
      assert.ok(reply.status === "error");
      assert.match(reply.evalue, /broken\.ts:3:21/);
    });
    it("what was assigned before the error is kept", async () => {
      await kernel.run("let before = 1; before = 2; null!.x; before = 3");
      assert.equal(await kernel.value("before"), "2");
    });
    it("anything can be thrown", async () => {
      const { reply } = await kernel.run("throw 'just text'");
      assert.ok(reply.status === "error");
      assert.equal(reply.evalue, "just text");
    });
  });

  describe("output", () => {
    it("stdout and stderr keep their order", async () => {
      const { publications } = await kernel.run(
        "console.log('a'); console.error('b'); process.stdout.write('c'); console.log('d')",
      );
      const streams: [unknown, string][] = [];
      for (const { header, content } of publications) {
        if (header.msg_type !== "stream") continue;
        const last = streams.at(-1);
        if (last?.[0] === content["name"]) last![1] += String(content["text"]);
        else streams.push([content["name"], String(content["text"])]);
      }
      assert.deepEqual(streams, [
        ["stdout", "a\n"],
        ["stderr", "b\n"],
        ["stdout", "cd\n"],
      ]);
    });
    it("late output belongs to the cell that caused it", async () => {
      const first = kernel.start("setTimeout(() => console.log('from the first'), 120); 'set'");
      await first.result;
      const second = await kernel.run("await new Promise((r) => setTimeout(r, 250)); console.log('from the second')");
      assert.equal(second.stdout, "from the second\n");
      await first.printed("from the first");
    });
    it("text appears while a synchronous loop runs", async () => {
      const cell = kernel.start(
        "console.log('first'); console.log('second'); const end = Date.now() + 1500; let spins = 0; while (Date.now() < end) spins++;",
      );
      let ended = false;
      void cell.result.then(() => (ended = true));
      await cell.printed("second");
      assert.equal(ended, false, "it came only at the end");
      await cell.result;
    });
    it("display with an id is updated", async () => {
      const { publications } = await kernel.run(
        "display({ a: 1 }, { id: 'x' }); display({ a: 2 }, { id: 'x' }); display({ [Symbol.for('Jupyter.display')]: () => ({ 'text/html': '<b>hi</b>' }) })",
      );
      const shown = publications
        .filter((m) => m.header.msg_type.includes("display_data"))
        .map((m) => [m.header.msg_type, m.content["data"]]);
      assert.deepEqual(shown, [
        ["display_data", { "text/plain": "{ a: 1 }" }],
        ["update_display_data", { "text/plain": "{ a: 2 }" }],
        ["display_data", { "text/html": "<b>hi</b>" }],
      ]);
    });
    it("a live figure that is the last value as well is shown once by its cell, and again by another", async () => {
      const types = ({ publications }: CellResult): string[] =>
        publications
          .map(({ header }) => header.msg_type)
          .filter((type) => type === "display_data" || type === "execute_result");
      const made = "import { plot } from 'gradbook'; const live = plot.live({}); live.log({ loss: 1 }); ";
      assert.deepEqual(types(await kernel.run(`${made} live`)), ["display_data"]);
      assert.deepEqual(types(await kernel.run("live")), ["execute_result"]);
    });
    it("an unknown option of display is refused by name", async () => {
      const { reply } = await kernel.run("display(1, { idd: 'x' })");
      assert.ok(reply.status === "error");
      assert.match(reply.evalue, /unknown option "idd". Options: id/);
    });
    it("an error in a timer is shown under its cell", async () => {
      const cell = kernel.start("setTimeout(() => { throw new Error('late trouble') }, 1)");
      await cell.printed("late trouble");
    });
  });

  describe("interrupt keeps the variables", () => {
    const table: { name: string; code: string; keeps: [expression: string, value: RegExp][] }[] = [
      {
        name: "while (true) {}",
        code: "let i1 = 0; console.log('go'); while (true) { i1++ }",
        keeps: [["i1 > 1000", /true/]],
      },
      {
        name: "for (;;) with a let of its own",
        code: "let i2 = 0; console.log('go'); for (let j = 0; ; j++) { i2 = j }",
        keeps: [["i2 > 1000", /true/]],
      },
      {
        name: "do … while",
        code: "var i3 = 0; console.log('go'); do i3++; while (true)",
        keeps: [["i3 > 1000", /true/]],
      },
      {
        name: "for … of an endless generator",
        code: "function* forever() { for (;;) yield 1 }\nlet i4 = 0; console.log('go'); for (const one of forever()) i4 += one;",
        keeps: [["i4 > 1000", /true/]],
      },
      {
        name: "after an await",
        code: "let i5 = 0; await null; console.log('go'); while (true) { i5++ }",
        keeps: [["i5 > 1000", /true/]],
      },
      {
        name: "inside a function",
        code: "let i6 = 0; function spin() { for (;;) i6++ }\nconsole.log('go'); spin()",
        keeps: [["i6 > 1000", /true/]],
      },
      {
        name: "a pending await",
        code: "let i7 = 41; i7++; console.log('go'); await new Promise(() => {})",
        keeps: [["i7", /^42$/]],
      },
      {
        name: "endless awaits",
        code: "let i8 = 0; console.log('go'); for (;;) { await null; i8++ }",
        keeps: [["i8 > 10", /true/]],
      },
      {
        name: "a loop in a timer while the cell waits",
        code: "let i9 = 0; setTimeout(() => { console.log('go'); while (true) i9++ }, 1); await new Promise(() => {})",
        keeps: [["i9 > 1000", /true/]],
      },
      {
        name: "in try/finally: finally runs",
        code: "let i10 = 0, tidy = ''; console.log('go'); try { for (;;) i10++ } finally { for (const c of 'done') tidy += c }",
        keeps: [["tidy", /'done'/]],
      },
      {
        name: "a regular expression that never ends",
        code: "let i11 = 0; i11 = 7; console.log('go'); /^(a+)+$/.test('a'.repeat(60) + 'b')",
        keeps: [["typeof i11", /number/]],
      },
      {
        name: "a loop that our polls do not reach",
        code: "let i12 = 0; console.log('go'); new Function('while (true) {}')()",
        keeps: [["i12", /^0$/]],
      },
      {
        name: "a loop that swallows Interrupted",
        code: "let i13 = 0; console.log('go'); for (;;) { try { while (true) { i13++ } } catch {} }",
        keeps: [["i13 > 1000", /true/]],
      },
      {
        name: "Atomics.wait",
        code: "let i14 = 5; console.log('go'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
        keeps: [["typeof i14", /number/]],
      },
      { name: "a loop in a local module", code: "", keeps: [] },
    ];
    for (const { name, code, keeps } of table) {
      it(name, async () => {
        let source = code;
        if (code === "") {
          writeFileSync(path.join(kernel.folder, "spin.ts"), "export function spin(): never { for (;;) {} }\n");
          source = "import { spin } from './spin.ts'; console.log('go'); spin()";
        }
        await kernel.value("let untouched = 'kept'");
        const cell = kernel.start(source);
        await cell.printed("go");
        await new Promise((resolve) => setTimeout(resolve, 50));
        await kernel.client.interrupt();
        const { reply } = await cell.result;
        assert.ok(reply.status === "error");
        assert.equal(reply.ename, "Interrupted");
        assert.match(reply.evalue, /kept/);
        for (const [expression, value] of keeps)
          assert.match((await kernel.value(expression)) ?? "", value, expression);
        assert.equal(await kernel.value("untouched"), "'kept'");
      });
    }

    it("queued cells are cancelled, the next one runs", async () => {
      const running = kernel.start("console.log('go'); while (true) {}");
      const queued = kernel.start("globalThis.ran = true");
      await running.printed("go");
      await kernel.client.interrupt();
      assert.equal((await running.result).reply.status, "error");
      assert.equal((await queued.result).reply.status, "error");
      assert.equal(await kernel.value("(globalThis as any).ran"), undefined);
    });

    it("pressed three times at once, again and again: the cell is stopped once, and nothing after it", async () => {
      await kernel.value("let steady = 'kept'");
      for (let round = 0; round < 20; round++) {
        const cell = kernel.start("let turns = 0; console.log('go'); while (true) { turns++ }");
        await cell.printed("go");
        const presses = [kernel.client.interrupt(), kernel.client.interrupt()];
        await Promise.resolve();
        presses.push(kernel.client.interrupt());
        await Promise.all(presses);
        const { reply } = await cell.result;
        assert.equal(reply.status === "error" && reply.ename, "Interrupted");
        assert.equal(await kernel.value("let after = 0; for (let i = 0; i < 1e5; i++) after++; after"), "100000");
      }
      assert.equal(await kernel.value("steady"), "'kept'");
    });

    it("a cell that waits for its worker to start can be stopped too", async () => {
      const own = new KernelUnderTest();
      try {
        const cell = own.start("while (true) {}");
        await own.client.ready;
        await own.client.interrupt();
        const { reply } = await cell.result;
        assert.equal(reply.status === "error" && reply.ename, "Interrupted");
        assert.equal(await own.value("1 + 1"), "2");
      } finally {
        await own.stop();
      }
    });

    it("an interrupt while nothing runs harms nothing", async () => {
      await kernel.client.interrupt();
      assert.equal(await kernel.value("let s = 0; for (let i = 0; i < 10; i++) s += i; s"), "45");
    });

    it("ended inside noGrad, the next cell records again", async () => {
      await kernel.value("import { noGrad, tensor } from 'gradbook';");
      const cell = kernel.start("console.log('go'); noGrad(() => new Function('while (true) {}')())");
      await cell.printed("go");
      await kernel.client.interrupt();
      await cell.result;
      assert.equal(await kernel.value("tensor([1, 2], { requiresGrad: true }).mul(2).requiresGrad"), "true");
    });

    it("timers of an interrupted cell stop", async () => {
      const cell = kernel.start(
        "let ticks = 0; const t = setInterval(() => { ticks++ }, 1); console.log('go'); while (true) {}",
      );
      await cell.printed("go");
      await kernel.client.interrupt();
      await cell.result;
      const ticks = await kernel.value("ticks");
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(await kernel.value("ticks"), ticks);
    });
  });

  describe("the kernel's life", () => {
    it("process.exit() in a cell says that the session ended, and the next cell runs in a new one", async () => {
      const own = new KernelUnderTest();
      try {
        await own.value("let gone = 1");
        const { reply } = await own.run("process.exit(3)");
        assert.ok(reply.status === "error");
        assert.match(reply.evalue, /process\.exit\(3\) ended the session/);
        assert.equal(await own.value("typeof gone"), "'undefined'");
      } finally {
        await own.stop();
      }
    });

    it("killed from outside: the running cell's request is rejected, the exit is reported", async () => {
      const own = new KernelUnderTest();
      const cell = own.start("console.log('go'); while (true) {}");
      await cell.printed("go");
      process.kill(own.client.pid!, "SIGKILL");
      await assert.rejects(cell.result, /killed by SIGKILL/);
      assert.deepEqual(await own.exited, { code: null, signal: "SIGKILL", expected: false });
      await own.stop();
    });

    it("a client that takes its time holds a flood back, and loses nothing", async () => {
      let inClient = 0;
      let most = 0;
      const own = new KernelUnderTest({
        // All of it is to be sent.
        env: { GRADBOOK_OUTPUT_MAX_LINES: "1000000" },
        onPublication: async () => {
          most = Math.max(most, ++inClient);
          await new Promise((resolve) => setTimeout(resolve, 1));
          inClient--;
        },
      });
      try {
        const { stdout } = await own.run("for (let i = 0; i < 200_000; i++) console.log('line ' + i)");
        const lines = stdout.split("\n");
        assert.equal(lines.length, 200_001);
        assert.equal(lines[199_999], "line 199999");
      } finally {
        await own.stop();
      }
    });

    it("the kernel ends when its client is gone", async () => {
      const own = new KernelUnderTest();
      await own.client.ready;
      const { pid } = own.client;
      await own.client.shutdown();
      assert.throws(() => process.kill(pid!, 0), { code: "ESRCH" });
    });

    it("a runtime that is too old or missing is named", async () => {
      const own = new KernelUnderTest({ runtime: "/no/such/node" });
      await assert.rejects(own.client.ready, /\/no\/such\/node could not be started.*gradbook\.runtime/);
    });
  });
});
