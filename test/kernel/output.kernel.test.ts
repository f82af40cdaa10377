/** What cells show, in a real kernel process. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { EndOfInput } from "../../kernel/protocol/endOfInput.ts";
import type { InputRequest } from "../../kernel/protocol/messages.ts";
import { StreamText } from "../../kernel/protocol/streamText.ts";
import { KernelUnderTest, type CellResult } from "./kernelUnderTest.ts";

/** The displays of a cell as they stand in the end. */
function displays({ publications }: CellResult): { [mime: string]: unknown }[] {
  const shown: { id: string | undefined; data: { [mime: string]: unknown } }[] = [];
  for (const { header, content } of publications) {
    const { data, transient } = content as { data: { [mime: string]: unknown }; transient?: { display_id?: string } };
    const id = transient?.display_id;
    if (header.msg_type === "display_data") shown.push({ id, data });
    if (header.msg_type === "update_display_data") for (const one of shown) if (one.id === id) one.data = data;
  }
  return shown.map(({ data }) => data);
}
const count = ({ publications }: CellResult, type: string): number =>
  publications.filter(({ header }) => header.msg_type === type).length;
const fileOf = (block: string): string => /in\s+(\S+\.txt)/.exec(block)?.[1] ?? assert.fail(`no file in ${block}`);

describe("output of cells", function () {
  this.timeout(60_000);
  let kernel: KernelUnderTest;
  before(async () => void (kernel = await KernelUnderTest.started()));
  after(() => kernel.stop());

  it("half a surrogate pair, which no UTF-8 can hold, is shown as U+FFFD; two halves that meet are whole", async () => {
    const code = `console.log("😀"[0]); for (const half of "😀".split("")) process.stdout.write(half)`;
    assert.equal((await kernel.run(code)).stdout, "\uFFFD\n😀");
  });

  describe("floods", () => {
    it("while (true) console.log(i): the newest lines are shown meanwhile, it stops when told, and the file has every line", async () => {
      const cell = kernel.start("let lines = 0; while (true) console.log(lines++)");
      await cell.displayed(/\n\d{6,}\n/);
      await kernel.client.interrupt();
      const result = await cell.result;
      assert.equal(result.reply.status === "error" && result.reply.ename, "Interrupted");
      const lines = Number(await kernel.value("lines"));
      assert.equal(result.stdout, Array.from({ length: 5000 }, (_, i) => `${i}\n`).join(""));
      const block = String(displays(result).at(-1)!["text/plain"]);
      const end = Number(block.trimEnd().split("\n").at(-1));
      assert.ok(end === lines - 1 || end === lines, `${block.slice(-200)} is shown as the last of ${lines}`);
      const file = readFileSync(fileOf(block), "utf8").trimEnd().split("\n");
      assert.equal(file.length, end + 1);
      assert.ok(file.every((line, i) => line === String(i)));
    });
    it("lines that come after the end of the cell are counted and shown too", async () => {
      const cell = kernel.start(
        "let late = 0; const stop = setInterval(() => { for (let i = 0; i < 2000; i++) console.log('late ' + late++); if (late === 10_000) clearInterval(stop); }, 5); 'set'",
      );
      await cell.displayed(/late 9999\n$/);
    });
    it("ten thousand displays: some are shown, the rest is text, and nothing is lost", async () => {
      const result = await kernel.run("for (let i = 0; i < 10_000; i++) display(i)");
      assert.equal(count(result, "display_data"), 501);
      const block = String(displays(result).at(-1)!["text/plain"]);
      assert.match(block, /\n9999\n$/);
      assert.equal(readFileSync(fileOf(block), "utf8").trimEnd().split("\n").length, 9500);
    });
    it("a display that is updated in a loop shows its last state, in few messages", async () => {
      const result = await kernel.run("for (let i = 0; i < 10_000; i++) display(i, { id: 'fast' })");
      assert.deepEqual(displays(result), [{ "text/plain": "9999" }]);
      assert.ok(count(result, "update_display_data") < 1000);
    });
    it("a display that is cleared and shown anew in a loop: few messages, the last state, and it stops when told", async () => {
      const cell = kernel.start(
        "let shown = 0; while (true) { clearOutput({ wait: true }); console.log(`line ${shown}`); display(shown++) }",
      );
      await cell.displayed(/^\d{4,}$/);
      await kernel.client.interrupt();
      const result = await cell.result;
      assert.equal(result.reply.status === "error" && result.reply.ename, "Interrupted");
      const states = Number(await kernel.value("shown"));
      const cleared = count(result, "clear_output");
      assert.ok(cleared < states / 5, `${cleared} clears of ${states} states were sent`);
      const last = result.publications.findLastIndex(({ header }) => header.msg_type === "display_data");
      const [text, shown] = result.publications.slice(last - 1, last + 1).map(({ content }) => content);
      assert.match(String(text!["text"]), /^line \d+\n$/);
      const number = Number((shown!["data"] as { "text/plain": string })["text/plain"]);
      assert.ok(number >= states - 2, `${number} is the last that is shown of ${states}`);
    });
    it("a line that is redrawn for a second is sent a few times, with its last state, and no line is lost", async () => {
      const result = await kernel.run(
        "for (let i = 0; i < 300; i++) { process.stdout.write(`\\r${i} of 300`); if (i % 100 === 99) console.log(); await new Promise((next) => setTimeout(next, 3)) }",
      );
      const shown = new StreamText();
      shown.append(result.stdout);
      assert.equal(shown.toString(), "99 of 300\n199 of 300\n299 of 300\n");
      const sent = count(result, "stream");
      assert.ok(sent < 100, `${sent} messages`);
    });
    const clears: { name: string; code: string; sends: string[] }[] = [
      {
        name: "one clear is sent as it comes",
        code: "console.log('before'); clearOutput(); console.log('after')",
        sends: ["before\n", "clear", "after\n"],
      },
      {
        name: "of many clears at the end of a cell the first and the last are sent, with what came behind them",
        code: "for (const i of [0, 1, 2, 3]) { clearOutput({ wait: true }); console.log(i); display(i) }",
        sends: ["clear, wait", "0\n", "display 0", "clear, wait", "3\n", "display 3"],
      },
      {
        name: "a clear that waits leaves what is there until something else comes",
        code: "clearOutput(); console.log(1); clearOutput({ wait: true }); console.log(2); clearOutput({ wait: true })",
        sends: ["clear", "1\n", "clear, wait", "2\n", "clear, wait"],
      },
      {
        name: "a clear that does not wait takes all away",
        code: "clearOutput(); console.log(1); clearOutput(); console.log(2); clearOutput()",
        sends: ["clear", "1\n", "clear"],
      },
      {
        name: "the newest state of a display that was cleared does not come back",
        code: "clearOutput(); for (const i of [0, 1, 2]) display(i, { id: 'x' }); clearOutput(); display('new', { id: 'x' })",
        sends: ["clear", "display 0", "update 1", "clear", "display 'new'"],
      },
    ];
    for (const { name, code, sends } of clears) {
      it(name, async () => {
        // The clock stands still, so that a machine that is slow sends the same.
        const { publications } = await kernel.run(
          `{ const { now } = performance, at = performance.now(); performance.now = () => at; try { ${code} } finally { performance.now = now } }`,
        );
        const shown = publications.flatMap(({ header: { msg_type }, content }) => {
          const plain = (content["data"] as { "text/plain"?: string } | undefined)?.["text/plain"];
          if (msg_type === "stream") return [content["text"]];
          if (msg_type === "clear_output") return [content["wait"] ? "clear, wait" : "clear"];
          return msg_type.endsWith("display_data") ? [`${msg_type.split("_")[0]} ${plain}`] : [];
        });
        assert.deepEqual(shown, sends);
      });
    }
    it("one string of 50 MB does not reach the window", async () => {
      const result = await kernel.run("console.log('x'.repeat(50e6))");
      assert.ok(result.stdout.length < 600_000);
      assert.match(String(displays(result)[0]!["text/plain"]), /1 line \(50 MB\), is in/);
    });
    it("the files go with the kernel", async () => {
      const own = new KernelUnderTest({ env: { GRADBOOK_OUTPUT_MAX_LINES: "2" } });
      try {
        const result = await own.run("console.log('a\\nb\\nc')");
        assert.equal(result.stdout, "a\nb\n");
        const file = fileOf(String(displays(result)[0]!["text/plain"]));
        assert.equal(readFileSync(file, "utf8"), "a\nb\nc\n");
        await own.client.shutdown();
        assert.equal(existsSync(file), false);
      } finally {
        await own.stop();
      }
    });
  });

  describe("display ids", () => {
    it("a cell that runs again shows its display anew; another cell updates it", async () => {
      const types = async (code: string, cellId: string): Promise<string[]> => {
        const { msg_id, result } = kernel.start(code, {}, { cellId });
        const { publications } = await result;
        assert.ok(msg_id);
        return publications.map(({ header }) => header.msg_type).filter((type) => type.includes("display"));
      };
      assert.deepEqual(await types("display(1, { id: 'again' })", "one"), ["display_data"]);
      assert.deepEqual(await types("display(2, { id: 'again' })", "two"), ["update_display_data"]);
      assert.deepEqual(await types("display(3, { id: 'again' })", "one"), ["display_data"]);
      assert.deepEqual(await types("display(4, { id: 'c' }); clearOutput(); display(5, { id: 'c' })", "one"), [
        "display_data",
        "display_data",
      ]);
    });
    it("a display that was moved to another cell is shown there, once its old cell has run without it", async () => {
      const types = async (code: string, cellId: string): Promise<string[]> => {
        const { publications } = await kernel.start(code, {}, { cellId }).result;
        return publications.map(({ header }) => header.msg_type).filter((type) => type.includes("display"));
      };
      assert.deepEqual(await types("display(1, { id: 'moved' })", "old"), ["display_data"]);
      assert.deepEqual(await types("1 + 1; undefined", "old"), []);
      assert.deepEqual(await types("display(2, { id: 'moved' })", "new"), ["display_data"]);
      assert.deepEqual(await types("display(3, { id: 'moved' })", "old"), ["update_display_data"]);
    });
  });

  describe("progress", () => {
    const text = (result: CellResult): string[] =>
      displays(result).map((data) => String(data["text/plain"]).replace(/\[.*\]/, "[…]"));
    const full = "████████████████████";
    const table: { name: string; code: string; shown: string[] }[] = [
      {
        name: "a loop over an array",
        code: "for (const x of progress([1, 2], { label: 'a' })) void x",
        shown: [`a: 100%|${full}| 2/2 […]`],
      },
      {
        name: "a count",
        code: "let sum = 0; for (const i of progress(4)) sum += i; if (sum !== 6) throw sum",
        shown: [`100%|${full}| 4/4 […]`],
      },
      {
        name: "a set, by its size",
        code: "for (const x of progress(new Set('abc'))) void x",
        shown: [`100%|${full}| 3/3 […]`],
      },
      {
        name: "nobody knows how many",
        code: "function* few() { yield 1; yield 2 }\nfor (const x of progress(few())) void x",
        shown: ["2it […]"],
      },
      {
        name: "for await",
        code: "async function* later() { yield 1; yield 2 }\nfor await (const x of progress(later(), { total: 2, unit: 'batch' })) void x",
        shown: [`100%|${full}| 2/2 […]`],
      },
      {
        name: "break leaves it where it stopped",
        code: "for (const i of progress(4)) if (i === 2) break",
        shown: [" 50%|██████████          | 2/4 […]"],
      },
      {
        name: "a total that was too small",
        code: "for (const i of progress([1, 2, 3], { total: 2 })) void i",
        shown: ["3it […]"],
      },
      { name: "nothing to do", code: "for (const i of progress([])) void i", shown: [`100%|${full}| 0/0 […]`] },
      {
        name: "inner bars take each other's place",
        code: "for (const e of progress(3, { label: 'epochs' })) for (const b of progress(2, { label: 'batches' })) void b",
        shown: [`epochs: 100%|${full}| 3/3 […]`, `batches: 100%|${full}| 2/2 […]`],
      },
      {
        name: "by hand, with using",
        code: "{ using bar = progress({ total: 2 }); bar.update(); bar.update() }",
        shown: [`100%|${full}| 2/2 […]`],
      },
    ];
    for (const { name, code, shown } of table) {
      it(name, async () => {
        const result = await kernel.run(code);
        assert.equal(result.reply.status, "ok", JSON.stringify(result.reply));
        assert.deepEqual(text(result), shown);
      });
    }
    it("says what is known behind the bar, and stops in another colour", async () => {
      const result = await kernel.run(
        "const bar = progress({ total: 4, label: '<fit>' }); bar.update(3); bar.postfix({ loss: 0.123456, lr: '1e-3' }); bar.close()",
      );
      const [{ "text/plain": plain, "text/html": html }] = displays(result) as [{ [mime: string]: string }];
      assert.match(plain!, /^<fit>: {2}75%\|█{15} {5}\| 3\/4 \[00:00, .*it\/s, loss=0\.123, lr=1e-3\]$/);
      assert.match(
        html!,
        /role="progressbar" aria-valuemin="0" aria-valuemax="100" aria-valuenow="75" aria-label="&lt;fit&gt;"/,
      );
      assert.match(html!, /testing-iconFailed/);
      assert.doesNotMatch(html!, /<script|<fit>|on\w+=/);
    });
    it("an interrupt ends the bar where it is, in few messages", async () => {
      const cell = kernel.start("for (const i of progress(1e12)) void i");
      await cell.displayed(/[1-9]\d{6}/);
      await kernel.client.interrupt();
      const result = await cell.result;
      assert.equal(result.reply.status === "error" && result.reply.ename, "Interrupted");
      assert.match(String(displays(result)[0]!["text/html"]), /stopped/);
    });
    const refused: [code: string, says: RegExp][] = [
      ["progress(null)", /needs something to iterate over, a count, or options like \{ total: 100 \}, got null/],
      ["progress('abc')", /needs something to iterate over.*got string/],
      ["progress(-1)", /a count must be a number of at least 0, got -1/],
      ["progress([1], { totl: 2 })", /unknown option "totl"/],
      ["progress({ total: -1 })", /total must be a number of at least 0, got -1/],
    ];
    for (const [code, says] of refused) {
      it(`${code} is refused`, async () => {
        const { reply } = await kernel.run(code);
        assert.match(reply.status === "error" ? reply.evalue : "", says);
      });
    }
  });

  describe("input", () => {
    let asked: InputRequest[] = [];
    let answer: (request: InputRequest, signal: AbortSignal) => Promise<string>;
    let own: KernelUnderTest;
    before(async () => {
      own = await KernelUnderTest.started({
        onInput: (request, { signal }) => {
          asked.push(request);
          return answer(request, signal);
        },
      });
    });
    beforeEach(() => {
      asked = [];
      answer = async ({ prompt }) => `to ${prompt}`;
    });
    after(() => own.stop());

    const run = (code: string): Promise<CellResult> => own.start(code, { allow_stdin: true }).result;
    const table: [code: string, value: string][] = [
      ["await input('who?')", "'to who?'"],
      ["prompt('now?')", "'to now?'"],
      ["confirm('sure?')", "false"],
      ["[await input('a'), await input('b')]", "[ 'to a', 'to b' ]"],
      [
        "import readline from 'node:readline/promises';\nconst rl = readline.createInterface({ input: process.stdin, output: process.stdout });\nconst said = await rl.question('name: '); rl.close(); said",
        "'to '",
      ],
    ];
    const firstLine = "await new Promise((got) => process.stdin.once('data', (line) => got(String(line))))";
    table.push(
      [
        "const lines: string[] = [];\nfor await (const line of process.stdin) if (lines.push(String(line)) === 2) break;\nlines",
        "[ 'to \\n', 'to \\n' ]",
      ],
      [firstLine, "'to \\n'"],
      [`process.stdin.read(); ${firstLine}`, "'to \\n'"],
    );
    it("each cell that reads process.stdin is the one that is asked, also after another has read", async () => {
      const cells = [await run(firstLine), await run(firstLine)].map(({ reply }) =>
        reply.status === "ok" ? reply.execution_count : 0,
      );
      assert.deepEqual([...new Set(asked.map(({ cell }) => cell))], cells);
    });
    for (const [code, value] of table)
      it(code.split("\n").at(-1)!, async () => assert.equal((await run(code)).value, value));

    it("what was asked travels with the question, and an empty answer is the default", async () => {
      answer = async () => "";
      const { value, reply } = await run("await input('key', { password: true, default: 'none' })");
      assert.equal(value, "'none'");
      const cell = reply.status === "ok" ? reply.execution_count : 0;
      assert.deepEqual(asked, [{ prompt: "key", password: true, default: "none", cell }]);
    });
    it("an answer that is refused ends the cell as an interrupt does", async () => {
      answer = () => Promise.reject(new Error("the box was closed"));
      const { reply } = await run("await input('who?')");
      assert.deepEqual(reply.status === "error" && [reply.ename, reply.evalue], [
        "Interrupted",
        "no input: the box was closed",
      ]);
    });
    it("at the end of what is piped in, loops over process.stdin and readline's lines end, and input() is an error", async () => {
      let lines = ["one", "two"];
      answer = async () => lines.shift() ?? Promise.reject(new EndOfInput("no more lines"));
      const loop = (source: string): string =>
        `const read: string[] = []; for await (const line of ${source}) read.push(String(line)); read`;
      assert.equal((await run(loop("process.stdin"))).value, "[ 'one\\n', 'two\\n' ]");
      assert.equal((await run(loop("process.stdin"))).value, "[]");
      lines = ["three"];
      const lineReader = `import { createInterface } from "node:readline";\n${loop("createInterface({ input: process.stdin })")}`;
      assert.equal((await run(lineReader)).value, "[ 'three' ]");
      const { reply } = await run("await input('more?')");
      assert.equal(reply.status === "error" && reply.evalue, "no input: no more lines");
    });
    for (const [name, code] of [
      ["input", "await input('wait')"],
      ["prompt, which blocks", "prompt('wait')"],
    ] as const) {
      it(`${name}: stopped while it waits, and the client is told`, async () => {
        let told!: () => void;
        const isTold = new Promise<void>((resolve) => (told = resolve));
        const isAsked = new Promise<void>((resolve) => {
          answer = (_request, signal) => {
            signal.addEventListener("abort", () => told());
            resolve();
            return new Promise(() => {});
          };
        });
        const result = run(code);
        await isAsked;
        await own.client.interrupt();
        const { reply } = await result;
        assert.equal(reply.status === "error" && reply.ename, "Interrupted");
        await isTold;
        assert.equal(await own.value("1 + 1"), "2");
      });
    }
    it("where nobody can be asked the error says so", async () => {
      const { reply } = await own.start("await input('who?')", { allow_stdin: false }).result;
      assert.match(reply.status === "error" ? reply.evalue : "", /nobody can answer here.*allow_stdin is false/);
    });
  });

  describe("what is written where", () => {
    it("a cell that fails inside a group does not indent the next one", async () => {
      await kernel.run("console.group('a'); console.group('b'); throw new Error('inside')");
      assert.equal((await kernel.run("console.log('left')")).stdout, "left\n");
    });
    const table: { name: string; code: string; stdout?: string; stderr?: string | RegExp }[] = [
      {
        name: "console.table",
        code: "console.table([{ a: 1 }])",
        stdout: "┌─────────┬───┐\n│ (index) │ a │\n├─────────┼───┤\n│ 0       │ 1 │\n└─────────┴───┘\n",
      },
      {
        name: "console.group",
        code: "console.group('g'); console.log('in'); console.groupEnd(); console.log('out')",
        stdout: "g\n  in\nout\n",
      },
      {
        name: "console.count and assert",
        code: "console.count(); console.count(); console.assert(1 > 2, 'no')",
        stdout: "default: 1\ndefault: 2\n",
        stderr: "Assertion failed: no\n",
      },
      {
        name: "format: %s, %d, %o is kept, %c says nothing",
        code: "console.log('%s %d%c', 'a', 2, 'color: red')",
        stdout: "a 2\n",
      },
      {
        name: "colours of a program pass",
        code: "console.log('\\x1b[31mred\\x1b[0m')",
        stdout: "\x1b[31mred\x1b[0m\n",
      },
      {
        name: "console.trace names the cell",
        code: "console.trace('here')",
        stderr: /^Trace: here\n {4}at Cell \[\d+\], line 1/,
      },
      {
        name: "bytes that split a character",
        code: "const b = Buffer.from('😀'); process.stdout.write(b.subarray(0, 2)); process.stdout.write(b.subarray(2))",
        stdout: "😀",
      },
      {
        name: "texts that split a character",
        code: "process.stdout.write('\\ud83d'); process.stdout.write('\\ude00')",
        stdout: "😀",
      },
      { name: "another encoding", code: "process.stdout.write('6869', 'hex')", stdout: "hi" },
      {
        name: "a line that is cleared",
        code: "process.stdout.write('working'); process.stdout.clearLine(0); process.stdout.cursorTo(0); process.stdout.write('ok\\n')",
        stdout: "working\r       \rok     \n",
      },
      {
        name: "a stream that is piped",
        code: "import { Readable } from 'node:stream'; import { finished } from 'node:stream/promises';\nconst r = Readable.from(['x', 'y']); r.pipe(process.stdout, { end: false }); await finished(r)",
        stdout: "xy",
      },
      {
        name: "a program that inherits",
        code: "import { spawn, execSync } from 'node:child_process'; import { once } from 'node:events';\nawait once(spawn('echo', ['one'], { stdio: 'inherit' }), 'close'); execSync('echo two; echo three >&2', { stdio: 'inherit' })",
        stdout: "one\ntwo\n",
        stderr: "three\n",
      },
      {
        name: "a console of one's own",
        code: "const own = new console.Console(process.stdout, process.stderr); own.log('out'); own.error('err')",
        stdout: "out\n",
        stderr: "err\n",
      },
      {
        name: "what libraries look at",
        code: "const { stdout: o } = process; console.log(o.isTTY, o.columns, o.hasColors(), o.getColorDepth(), o.fd)",
        stdout: "false 100 true 4 1\n",
      },
    ];
    for (const { name, code, stdout = "", stderr = "" } of table) {
      it(name, async () => {
        const result = await kernel.run(code);
        assert.equal(result.reply.status, "ok", JSON.stringify(result.reply));
        assert.equal(result.stdout, stdout);
        if (typeof stderr === "string") assert.equal(result.stderr, stderr);
        else assert.match(result.stderr, stderr);
      });
    }
    it("a promise's continuation, an emitter's listener and a callback write to the cell whose code runs them", async () => {
      const first = await kernel.run(
        "import { EventEmitter } from 'node:events';\nconst emitter = new EventEmitter(); emitter.on('x', () => console.log('listener'));\nconst call = () => console.log('callback');\nlet open!: () => void; const gate = new Promise<void>((r) => (open = r)); void gate.then(() => console.log('first'));",
      );
      const second = kernel.start(
        "gate.then(() => console.log('second')); call(); emitter.emit('x'); open(); await gate; await null",
      );
      assert.equal((await second.result).stdout, "callback\nlistener\nsecond\n");
      assert.equal(first.stdout, "");
      const late = kernel.publicationsOf(first.msg_id).filter(({ header }) => header.msg_type === "stream");
      assert.deepEqual(
        late.map(({ content }) => content["text"]),
        ["first\n"],
      );
    });
  });
});
