import assert from "node:assert/strict";
import { linkedTrace } from "../../extension/trace.ts";

/** What VS Code's own renderer of errors makes a link of; the rest of such a line is dropped there. */
const LINK = /^\s*Cell\s*In\s*\[(\d+)\][\s,]+line (\d+)$/gm;

describe("linkedTrace", () => {
  const rows: [claim: string, trace: string[], want: string[]][] = [
    ["a frame without a name", ["    at Cell [3], line 2"], ["    Cell In [3], line 2"]],
    ["a frame with a name", ["    at f (Cell [3], line 2)"], ["    at f", "    Cell In [3], line 2"]],
    ["a frame of a method", ["    at new A.b (Cell [12], line 20)"], ["    at new A.b", "    Cell In [12], line 20"]],
    ["the heading of the excerpt", ["Cell [3], line 2:"], ["Cell In [3], line 2"]],
    ["several lines in one entry", ["E: x\n    at Cell [1], line 1"], ["E: x", "    Cell In [1], line 1"]],
    ["a file stays", ["    at f (/home/me/a.ts:1:2)"], ["    at f (/home/me/a.ts:1:2)"]],
    ["what the user writes stays", ["Error: Cell [3], line 2 is odd"], ["Error: Cell [3], line 2 is odd"]],
    ["a line of the excerpt stays", ["❯ 1 │ throw Cell"], ["❯ 1 │ throw Cell"]],
  ];
  for (const [claim, trace, want] of rows) {
    it(claim, () => assert.equal(linkedTrace(trace), want.join("\n")));
  }

  it("VS Code links each place", () => {
    const trace = linkedTrace(["TypeError: x", "    at f (Cell [3], line 2)", "    at Cell [4], line 1"]);
    assert.deepEqual(
      [...trace.matchAll(LINK)].map(([, count, line]) => [count, line]),
      [
        ["3", "2"],
        ["4", "1"],
      ],
    );
  });
});
