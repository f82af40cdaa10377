/** How much a cell shows, and where the rest goes. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { CellContext } from "../../kernel/session/cellContext.ts";
import { CellFlow } from "../../kernel/session/cellFlow.ts";
import { HeldClears } from "../../kernel/session/heldClears.ts";
import { Latest } from "../../kernel/session/latest.ts";
import { outputLimits } from "../../kernel/session/outputLimits.ts";
import { Redraw } from "../../kernel/session/redraw.ts";
import { Spill } from "../../kernel/session/spill.ts";
import { StreamText } from "../../kernel/protocol/streamText.ts";

const numbers = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, i) => `${from + i}\n`).join("");

describe("a line that is redrawn", () => {
  const table: { name: string; writes: string[]; sends: string[] }[] = [
    { name: "plain text goes as it is", writes: ["a", "b\nc"], sends: ["a", "b\nc"] },
    { name: "many changes of a line are one", writes: ["0 %\r1 %\r2 %"], sends: ["2 %"] },
    { name: "a changed line is sent anew", writes: ["10 %", "\r20 %"], sends: ["10 %", "\r20 %"] },
    { name: "what was longer is covered", writes: ["loading", "\r\x1b[Kok"], sends: ["loading", "\rok     "] },
    {
      name: "a shorter one leaves the rest, as a terminal does",
      writes: ["loading", "\rok"],
      sends: ["loading", "\rokading"],
    },
    { name: "\\b takes back what came in the last message", writes: ["a|", "\b/"], sends: ["a|", "\ra/"] },
    { name: "\\r at the end changes nothing yet", writes: ["50 %\r", "60 %\r"], sends: ["50 %", "\r60 %"] },
    { name: "the end of Windows' lines may be cut in two", writes: ["a\r", "\nb"], sends: ["a", "\nb"] },
    { name: "a finished line stays", writes: ["1\r2\n", "3"], sends: ["2\n", "3"] },
  ];
  for (const { name, writes, sends } of table) {
    it(name, () => {
      const redraw = new Redraw();
      assert.deepEqual(
        writes.map((text) => redraw.take(text).send),
        sends,
      );
      const [terminal, front] = [new StreamText(), new StreamText()];
      terminal.append(writes.join(""));
      front.append(sends.join(""));
      assert.equal(front.toString().trimEnd(), terminal.toString().trimEnd(), "it does not show what a terminal would");
    });
  }
});

describe("a line that only grows", () => {
  it("costs no more for a write when it is long", () => {
    // With the line built anew for each write this takes hours.
    const redraw = new Redraw();
    let sent = 0;
    for (let i = 0; i < 300_000; i++) sent += redraw.take("..").send.length;
    assert.equal(sent, 600_000);
    assert.equal(redraw.take("\r|").send.length, 600_001);
  });
});

describe("how much a cell shows", () => {
  let folder: string;
  before(() => (folder = mkdtempSync(path.join(os.tmpdir(), "gradbook-test-"))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const setup = (limits: { headLines?: number; tailLines?: number; fileBytes?: number } = {}) => {
    const all = { headLines: 10, tailLines: 5, fileBytes: 1e6, ...limits };
    let files = 0;
    const flow = new CellFlow(all, () => new Spill(folder, `cell-${++files}.txt`, all.fileBytes));
    const block = (): string => String(flow.block()["text/plain"]);
    const file = (): string => readFileSync(path.join(folder, `cell-${files}.txt`), "utf8");
    return { flow, block, file, files: () => files };
  };

  it("exactly as many lines as allowed are shown, and no file is made", () => {
    const { flow, files } = setup();
    assert.equal(flow.text("stdout", numbers(0, 10)), numbers(0, 10));
    assert.equal(flow.overflowed, false);
    assert.equal(files(), 0);
  });
  it("of more the start is shown, the end stands in the block, and the file has all", () => {
    const { flow, block, file } = setup();
    const shown = [numbers(0, 7), numbers(7, 80), numbers(80, 100)].map((text) => flow.text("stdout", text)).join("");
    assert.equal(shown, numbers(0, 10));
    assert.equal(file(), numbers(0, 100));
    assert.equal(
      block(),
      `… 85 lines are not shown. The whole output, 100 lines (0.3 kB), is in\n  ${folder}/cell-1.txt\n… the end:\n${numbers(95, 100)}`,
    );
  });
  it("a line without end is cut by its characters, at no half of a character", () => {
    const { flow, block, file } = setup();
    const line = "x" + "😀".repeat(100_000);
    const shown = flow.text("stderr", line);
    assert.ok(shown.length < 2 * 16 * 1024);
    assert.ok(shown.isWellFormed());
    assert.ok(file() === line);
    assert.match(block(), /^… The output, 1 line \(200 kB\), is in\n/);
  });
  it("a progress bar never becomes too much", () => {
    const { flow } = setup();
    for (let i = 0; i < 10_000; i++) flow.text("stdout", `\r${i} of 10000`);
    assert.equal(flow.overflowed, false);
  });
  it("displays count, and those beyond the limit are in the file as text", () => {
    const { flow, file } = setup();
    let shown = 0;
    for (let i = 0; i < 600; i++) if (flow.display({ "text/plain": `figure ${i}` }, 10)) shown++;
    flow.display({ "image/png": "…" }, 10);
    assert.equal(shown, 500);
    assert.match(file(), /^figure 500\nfigure 501\n[\s\S]*figure 599\n\[image\/png\]\n$/);
  });
  it("streams that take turns count as outputs", () => {
    const { flow, file } = setup({ headLines: 10_000 });
    let shown = "";
    for (let i = 0; i < 400; i++) shown += flow.text("stdout", `o${i}\n`) + flow.text("stderr", `e${i}\n`);
    assert.equal(shown.split("\n").length - 1, 500);
    assert.equal(file().split("\n").length - 1, 800);
  });
  it("the order of streams is kept in the file", () => {
    const { flow, file } = setup({ headLines: 2 });
    for (const [name, text] of [
      ["stdout", "a\nb\n"],
      ["stderr", "c\n"],
      ["stdout", "d\n"],
    ] as const)
      flow.text(name, text);
    assert.equal(file(), "a\nb\nc\nd\n");
  });
  it("a file that is full says so, and the end is still shown", () => {
    const { flow, block, file } = setup({ fileBytes: 100 });
    flow.text("stdout", numbers(0, 1000));
    assert.equal(file().length, 100);
    assert.match(
      block(),
      /longer than a file may be \(gradbook\.output\.maxFileSize\); its first 0\.1 kB are in\n.*\n… the end:\n995\n/,
    );
  });
  it("a file that cannot be written is named, with the reason", () => {
    const flow = new CellFlow(
      { headLines: 1, tailLines: 1, fileBytes: 100 },
      () => new Spill("/dev/null/x", "f.txt", 100),
    );
    assert.equal(flow.text("stdout", "a\nb\nc\n"), "a\n");
    assert.match(String(flow.block()["text/plain"]), /could not be written \(ENOTDIR\).*\n.*f\.txt\n… the end:\nc\n$/);
  });
  it("what was cleared counts no more", () => {
    const { flow } = setup();
    flow.text("stdout", numbers(0, 100));
    flow.clear();
    assert.equal(flow.overflowed, false);
    assert.equal(flow.text("stdout", numbers(0, 10)), numbers(0, 10));
  });
  it("redrawn lines stand in the block as a terminal shows them", () => {
    const { flow, block } = setup();
    flow.text("stdout", numbers(0, 10) + "loading\rdone   \n");
    assert.match(block(), /the end:\ndone {3}\n$/);
  });
});

describe("limits from the environment", () => {
  it("what is no number is refused by name", () => {
    const warnings: string[] = [];
    assert.equal(outputLimits({}, assert.fail, 20_000).headLines, 20_000);
    const env = { GRADBOOK_OUTPUT_MAX_LINES: "many", GRADBOOK_OUTPUT_TAIL_LINES: "7" };
    assert.deepEqual(
      outputLimits(env, (line) => warnings.push(line)),
      { headLines: 5000, tailLines: 7, fileBytes: 5e8 },
    );
    assert.deepEqual(warnings, [
      'GRADBOOK_OUTPUT_MAX_LINES must be a whole number of at least 1, got "many": 5000 is used.',
    ]);
  });
});

describe("files of long outputs", () => {
  it("the oldest go when there are too many", () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "gradbook-test-"));
    for (let i = 0; i < 6; i++) {
      const spill = new Spill(folder, `${i}.txt`, 1000);
      spill.write("x".repeat(1000));
      spill.close();
    }
    assert.equal(existsSync(path.join(folder, "0.txt")), false);
    assert.equal(existsSync(path.join(folder, "5.txt")), true);
    rmSync(folder, { recursive: true, force: true });
  });
});

describe("only the latest state", () => {
  it("the first is done at once, of the next within the time the last", () => {
    const latest = new Latest();
    const done: number[] = [];
    const call = (n: number, now: number): void => {
      if (!latest.later("key", 50, now, () => done.push(n))) done.push(n);
    };
    call(1, 0);
    call(2, 10);
    call(3, 20);
    assert.equal(latest.next, 50);
    latest.run(49);
    assert.deepEqual(done, [1]);
    latest.run(50);
    assert.deepEqual(done, [1, 3]);
    call(4, 60);
    call(5, 100);
    assert.deepEqual(done, [1, 3, 5]);
    assert.equal(latest.next, undefined);
  });
});

describe("clears that follow each other", () => {
  const setup = () => {
    const sent: string[] = [];
    const clears = new HeldClears((_cell, { type, content }) => sent.push(`${type} ${JSON.stringify(content)}`));
    const [cell, other] = [1, 2].map((executionCount) => new CellContext({ executionCount } as CellContext)) as [
      CellContext,
      CellContext,
    ];
    const send = (now: number, type: string, content: { [key: string]: unknown } = {}, from = cell): string[] => {
      clears.send(from, { type, content, size: 0 } as Parameters<HeldClears["send"]>[1], now);
      return sent.splice(0).map((each) => each.replace(" {}", ""));
    };
    const release = (now: number): string[] => {
      clears.release(now, now);
      return sent.splice(0).map((each) => each.replace(" {}", ""));
    };
    return { clears, send, release, other };
  };
  const display = (id: string): { [key: string]: unknown } => ({ transient: { display_id: id } });

  it("the next one is held until 40 ms after the last, and goes by itself then", () => {
    const { clears, send, release } = setup();
    assert.deepEqual(send(0, "clear_output"), ["clear_output"]);
    assert.deepEqual(send(1, "stream"), ["stream"]);
    assert.deepEqual([...send(2, "clear_output"), ...send(3, "stream"), ...release(39)], []);
    assert.equal(clears.next, 40);
    assert.deepEqual(release(40), ["clear_output", "stream"]);
    assert.equal(clears.next, Infinity);
    assert.deepEqual(send(79, "clear_output"), []);
    assert.deepEqual(send(80, "stream"), ["clear_output", "stream"], "code without a timer never released it");
  });
  it("changes of what other cells show, and what widgets are told, are never taken away", () => {
    const { send, release } = setup();
    send(0, "clear_output");
    send(1, "clear_output");
    send(2, "display_data", display("mine"));
    for (const id of ["mine", "theirs"]) send(3, "update_display_data", display(id));
    send(4, "comm_msg");
    send(5, "clear_output");
    const theirs = `update_display_data ${JSON.stringify(display("theirs"))}`;
    assert.deepEqual(release(40), [theirs, "comm_msg", "clear_output"]);
  });
  it("another cell's change of a display that is held comes after it", () => {
    const { send, other } = setup();
    send(0, "clear_output");
    send(1, "clear_output");
    send(2, "display_data", display("a"));
    const types = send(3, "update_display_data", display("a"), other).map((each) => each.split(" ")[0]);
    assert.deepEqual(types, ["clear_output", "display_data", "update_display_data"]);
  });
});
