import assert from "node:assert/strict";
import { Progress } from "../../../kernel/notebook/progress.ts";
import type { TextStream } from "../../../kernel/notebook/textSink.ts";
import type { CodeCell } from "../../../kernel/notebook/format.ts";
import type { Message } from "../../../kernel/protocol/messages.ts";

/** What a terminal of `columns` shows of text that was written to it, one string for each line. */
function screen(written: string): string[] {
  const rows = [""];
  for (const part of written.match(/\r\x1b\[K|\n|[^\r\n\x1b]+/g) ?? []) {
    if (part === "\n") rows.push("");
    else if (part === "\r\x1b[K") rows[rows.length - 1] = "";
    else rows[rows.length - 1] += part;
  }
  return rows;
}

function setup(isTTY: boolean, columns = 80) {
  let out = "";
  let err = "";
  let now = 0;
  const sink = (take: (text: string) => void): TextStream => ({
    write: (text) => (take(text), true),
    on: () => {},
    once: () => {},
    ...(isTTY && { isTTY, columns }),
  });
  const progress = new Progress({
    out: sink((text) => (out += text)),
    err: sink((text) => (err += text)),
    now: () => now,
  });
  return {
    progress,
    shown: () => ({ out, err }),
    wait: (ms: number) => void (now += ms),
    publish: (msg_type: string, content: object) =>
      void progress.onPublication({ header: { msg_type }, content } as unknown as Message),
  };
}
const cell = (source: string) => ({ cell_type: "code", source }) as unknown as CodeCell;

describe("progress of a run", () => {
  it("is one line for each cell where there is no terminal", () => {
    const { progress, shown, wait, publish } = setup(false);
    progress.onCell(cell("\nconst a = 1;\nmore"), { number: 1, of: 2 });
    publish("stream", { name: "stdout", text: "printed\n" });
    wait(65_000);
    progress.onCell(cell("b"), { number: 2, of: 2 });
    progress.end("n.ipynb: 2 cells ran");
    assert.deepEqual(shown(), {
      out: "printed\n",
      err: "[0.0 s] cell 1 of 2: const a = 1;\n[1:05 min] cell 2 of 2: b\nn.ipynb: 2 cells ran (1:05 min)\n",
    });
  });

  it("is one line that changes on a terminal, and never stands in what the cells print", () => {
    const { progress, shown, publish } = setup(true);
    progress.onCell(cell("train()"), { number: 1, of: 3 });
    assert.deepEqual(screen(shown().err), ["cell 1 of 3 · 0.0 s · train()"]);
    publish("stream", { name: "stderr", text: "warning\nhalf" });
    assert.deepEqual(screen(shown().err), ["warning", "half"]);
    publish("stream", { name: "stderr", text: " line\n" });
    progress.onCell(cell("next()"), { number: 2, of: 3 });
    progress.end("done");
    assert.deepEqual(screen(shown().err), ["warning", "half line", "done (0.0 s)", ""]);
  });

  it("says what a display that is updated says last, without its colours", () => {
    const { progress, shown, publish } = setup(true);
    progress.onCell(cell("train()"), { number: 1, of: 1 });
    publish("update_display_data", { data: { "text/plain": "\u001b[32mstep 7\u001b[0m loss 0.1\nmore" } });
    progress.say("a remark");
    void progress.onPublication({ header: { msg_type: "status" }, content: {} } as unknown as Message);
    progress.onCell(cell("x".repeat(200)), { number: 1, of: 1 });
    const [remark, line] = screen(shown().err);
    assert.equal(remark, "a remark");
    assert.equal(line!.length, 79, line);
    progress.end("done");
  });

  it("a line of ours starts on a line of its own", () => {
    const { progress, shown, publish } = setup(false);
    publish("stream", { name: "stdout", text: "no line end" });
    progress.end("done");
    assert.equal(shown().err, "\ndone (0.0 s)\n");
  });

  const printed = { header: { msg_type: "stream" }, content: { name: "stdout", text: "x" } } as unknown as Message;

  it("holds the kernel back while the reader of the streams is behind", async () => {
    let drained = () => {};
    const slow: TextStream = {
      write: () => false,
      on: () => {},
      once: (_event, listener) => void (drained = listener),
    };
    const waiting = new Progress({ out: slow, err: slow, now: () => 0 }).onPublication(printed);
    assert.ok(waiting instanceof Promise);
    drained();
    await waiting;
  });

  it("goes on when the reader of the streams has gone", async () => {
    let fail = (_error: Error) => {};
    let writes = 0;
    const closed: TextStream = {
      write: () => (writes++, false),
      on: (_event, listener) => void (fail = listener),
      once: () => {},
    };
    const quiet: TextStream = { write: () => true, on: () => {}, once: () => {} };
    const progress = new Progress({ out: closed, err: quiet, now: () => 0 });
    const waiting = progress.onPublication(printed);
    fail(new Error("EPIPE"));
    await waiting;
    await progress.onPublication(printed);
    assert.equal(writes, 1);
  });
});
