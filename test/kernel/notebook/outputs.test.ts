import assert from "node:assert/strict";
import fc from "fast-check";
import type { CodeCell, Output } from "../../../kernel/notebook/format.ts";
import { NotebookOutputs } from "../../../kernel/notebook/outputs.ts";
import { StreamText } from "../../../kernel/protocol/streamText.ts";
import type { Message } from "../../../kernel/protocol/messages.ts";
import { WIDGET_VIEW_MIME } from "../../../kernel/widgets/state.ts";

/** A message of the cell with the request `msg_id`. */
type Sent = [msg_id: string, msg_type: string, content: object];

const newCell = (): CodeCell => ({ cell_type: "code", metadata: {}, source: "", outputs: [], execution_count: 9 });

/** Cells "a" and "b" after these messages. */
function after(sent: readonly Sent[]): { a: CodeCell; b: CodeCell } {
  const cells = { a: newCell(), b: newCell() };
  const outputs = new NotebookOutputs();
  for (const [name, cell] of Object.entries(cells)) outputs.start(cell, name);
  for (const [msg_id, msg_type, content] of sent) {
    outputs.take({
      channel: "iopub",
      header: { msg_type },
      parent_header: { msg_id },
      metadata: {},
      content,
    } as unknown as Message);
  }
  outputs.flush();
  return cells;
}

const stream = (text: string, name = "stdout"): [string, object] => ["stream", { name, text }];
const display = (text: string, id?: string): [string, object] => [
  "display_data",
  { data: { "text/plain": text }, metadata: {}, transient: id ? { display_id: id } : {} },
];
const update = (text: string, id: string): [string, object] => [
  "update_display_data",
  { data: { "text/plain": text }, metadata: { changed: true }, transient: { display_id: id } },
];
const clear = (wait: boolean): [string, object] => ["clear_output", { wait }];
const streamed = (text: string[], name = "stdout") => ({ output_type: "stream", name, text });
const displayed = (text: string, metadata: object = {}) => ({
  output_type: "display_data",
  data: { "text/plain": [text] },
  metadata,
});

describe("outputs of cells", () => {
  const check = (claim: string, sent: [string, object][], expected: object[]) =>
    it(claim, () =>
      assert.deepEqual(after(sent.map(([type, content]) => ["a", type, content])).a.outputs, expected as Output[]),
    );

  check("streams of one name are joined", [stream("a\nb"), stream("c\n")], [streamed(["a\n", "bc\n"])]);
  check(
    "streams of two names are kept apart, in order",
    [stream("a"), stream("e", "stderr"), stream("b")],
    [streamed(["a"]), streamed(["e"], "stderr"), streamed(["b"])],
  );
  check(
    "a display between two streams keeps its place",
    [stream("a"), display("x"), stream("b")],
    [streamed(["a"]), displayed("x"), streamed(["b"])],
  );
  check(
    "a progress bar is one line, also in pieces",
    [stream("10%"), stream("\r20"), stream("%\r100%\n"), stream("done")],
    [streamed(["100%\n", "done"])],
  );
  check(
    "a result has its number",
    [["execute_result", { execution_count: 4, data: { "text/plain": "2" }, metadata: {}, transient: {} }]],
    [{ output_type: "execute_result", execution_count: 4, data: { "text/plain": ["2"] }, metadata: {} }],
  );
  check(
    "an error has its trace",
    [["error", { ename: "E", evalue: "v", traceback: ["E: v", "  Cell [1], line 1"] }]],
    [{ output_type: "error", ename: "E", evalue: "v", traceback: ["E: v", "  Cell [1], line 1"] }],
  );
  check(
    "an update replaces what is displayed, data and metadata, in its place",
    [display("x", "i"), stream("s"), update("y", "i")],
    [displayed("y", { changed: true }), streamed(["s"])],
  );
  check("an update of an unknown display is no output", [update("y", "i")], []);
  check("clearing at once", [stream("a"), display("x"), clear(false), stream("b")], [streamed(["b"])]);
  check("clearing with wait keeps the outputs until the next one", [stream("a"), clear(true)], [streamed(["a"])]);
  check("clearing with wait clears once", [stream("a"), clear(true), stream("b"), stream("c")], [streamed(["bc"])]);
  check(
    "clearing with wait before a stream of the same name starts it anew",
    [stream("a\n"), clear(true), stream("b\n")],
    [streamed(["b\n"])],
  );
  check("a cleared display is forgotten", [display("x", "i"), clear(false), update("y", "i")], []);
  check(
    "a widget is what it says, without the view that only a running kernel could fill",
    [
      [
        "display_data",
        { data: { [WIDGET_VIEW_MIME]: { model_id: "m" }, "text/plain": "x" }, metadata: {}, transient: {} },
      ],
    ],
    [displayed("x")],
  );
  check("a comm is no output", [["comm_open", { comm_id: "c", target_name: "gradbook.live", data: {} }]], []);
  check("a message type that objects inherit is no output", [["toString", {}]], []);

  it("a display that stands in two cells is updated in both, also by a third message's parent", () => {
    const { a, b } = after([
      ["a", ...display("x", "i")],
      ["b", ...display("x", "i")],
      ["b", ...update("z", "i")],
    ]);
    assert.deepEqual(
      [a.outputs, b.outputs],
      [[displayed("z", { changed: true })], [displayed("z", { changed: true })]],
    );
  });

  it("late output reaches the cell that caused it, and output of nobody reaches none", () => {
    const { a, b } = after([
      ["b", ...stream("b")],
      ["a", ...stream("late")],
      ["c", ...stream("whose?")],
    ]);
    assert.deepEqual([a.outputs, b.outputs], [[streamed(["late"])], [streamed(["b"])]]);
  });

  it("execute_input gives the cell its number", () => {
    assert.equal(after([["a", "execute_input", { code: "", execution_count: 5 }]]).a.execution_count, 5);
  });

  it("an error that no kernel reported stands after what was shown", () => {
    const cell = newCell();
    const outputs = new NotebookOutputs();
    outputs.start(cell, "a");
    outputs.take({
      header: { msg_type: "stream" },
      parent_header: { msg_id: "a" },
      content: { name: "stdout", text: "kept" },
    } as unknown as Message);
    outputs.fail(cell, { ename: "KernelDied", evalue: "", traceback: [] });
    assert.deepEqual(
      cell.outputs.map((output) => output.output_type),
      ["stream", "error"],
    );
    assert.deepEqual((cell.outputs[0] as { text: string[] }).text, ["kept"]);
  });
});

describe("text of a stream", () => {
  const shown = (...parts: string[]) => {
    const text = new StreamText();
    for (const part of parts) text.append(part);
    return text.toString();
  };
  const table: [claim: string, parts: string[], expected: string][] = [
    ["text without moves is itself", ["a\n\nb"], "a\n\nb"],
    ["\\r overwrites from the start and leaves the rest", ["abcdef\rXY"], "XYcdef"],
    ["\\r at the end of a part waits for the next", ["50%\r", "60%\r"], "60%"],
    ["\\r before \\n is a line end", ["a\r\nb"], "a\nb"],
    ["\\b goes back one", ["ab\bc"], "ac"],
    ["\\b stops at the start", ["\b\bx"], "x"],
    ["a finished line does not change any more", ["one\ntwo\rTWO"], "one\nTWO"],
    ["escape sequences take no room", ["\x1b[31mab\x1b[0m\rXY"], "\x1b[0mXY"],
    ["ESC [ K clears to the end of the line", ["abcdef\rXY\x1b[K"], "XY"],
    ["ESC [ 2 K clears the line", ["abc\x1b[2K\rx"], "x  "],
    ["characters outside the basic plane are one place", ["😀😀\rab"], "ab"],
  ];
  for (const [claim, parts, expected] of table) it(claim, () => assert.equal(shown(...parts), expected));

  it("is the same however it is cut into parts", () => {
    const unit = fc.constantFrom("a", "b", "\n", "\r", "\b", "\x1b[1m", "\x1b[K");
    fc.assert(
      fc.property(fc.array(fc.string({ unit, maxLength: 6 })), (parts) => {
        // A part that ends in \r before one that starts with \n is a line end cut in two, which shows the same.
        assert.equal(shown(...parts), shown(parts.join("")));
      }),
    );
  });
});
