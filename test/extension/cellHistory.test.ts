/** When a cell counts as stale: cells are objects with a text, run in some order. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { CellHistory, sameCode } from "../../extension/stale/cellHistory.ts";

/** A cell that reads some names and gives others a value: "x = a + b", "train(x)". Each value is another one. */
interface Cell {
  label: string;
  code: string;
}
const cell = (label: string, code: string): Cell => ({ label, code });

function namesIn(code: string): { reads: string[]; changes: string[] } {
  const [, target, sign, rest] = /^(?:(\w+) (\+?)= )?(.*)$/.exec(code)!;
  const reads = [...(rest!.match(/\b[a-z]\b/g) ?? []), ...(sign ? [target!] : [])];
  return { reads, changes: target === undefined ? [] : [target] };
}

/** `steps`: labels of cells that are run, or "A: x = 2" for an edit, "-A" for a deletion, "undo" for the end of it, "restart". What is stale then. */
function staleAfter(codes: { [label: string]: string }, steps: string): string[] {
  const history = new CellHistory<Cell>();
  let cells = Object.entries(codes).map(([label, code]) => cell(label, code));
  let lost: Cell[] = [];
  let session = 1;
  for (const step of steps.split(/;\s*/)) {
    const edit = /^(\w): (.*)$/.exec(step);
    if (step === "restart") history.clear();
    else if (step === "new worker") session++;
    else if (step === "undo") {
      cells = lost
        .splice(0)
        .map(({ label, code }) => cell(label, code))
        .concat(cells);
      // Looked at before anything else happens, as the window does.
      history.stale(cells, ({ code }) => code);
    } else if (step.startsWith("-"))
      [lost, cells] = [cells.filter(({ label }) => label === step[1]), cells.filter(({ label }) => label !== step[1])];
    else if (edit) cells.find(({ label }) => label === edit[1])!.code = edit[2]!;
    else {
      for (const label of step) {
        const ran = cells.find((each) => each.label === label)!;
        const { reads, changes } = namesIn(ran.code);
        history.finished(ran, { session, code: ran.code, reads, declares: changes, changes });
      }
    }
  }
  const stale = history.stale(cells, ({ code }) => code);
  return [...stale].map(([{ label }, reason]) =>
    reason.kind === "edited"
      ? `${label} edited`
      : `${label} ${reason.because} ${reason.name} ${reason.from?.label ?? "?"}`,
  );
}

const chain = { A: "x = 1", B: "y = x", C: "show(y)" };
const counter = { A: "n = 0", B: "n += 1", C: "n += 1", D: "show(n)" };

describe("stale cells", () => {
  const rows: [string, { [label: string]: string }, string, string[]][] = [
    ["none, when run from top to bottom", chain, "ABC", []],
    ["none that never ran", chain, "B: y = 2 * x", []],
    ["one that was edited, and what depends on it", chain, "ABC; B: y = 2 * x", ["B edited", "C edited y B"]],
    ["none, when the edit is undone", chain, "ABC; B: y = 2 * x; B: y = x", []],
    ["what depends on an edited cell, to the end", chain, "ABC; A: x = 2", ["A edited", "B edited x A", "C stale y B"]],
    ["one whose source ran again", chain, "ABCA", ["B changed x A", "C stale y B"]],
    ["then not that one, but the next", chain, "ABCAB", ["C changed y B"]],
    ["none, when all were run again", chain, "ABCABC", []],
    ["one that ran before its name was there", chain, "BAC", ["B changed x A", "C stale y B"]],
    [
      "one whose name now comes from another cell above",
      { A: "x = 1", B: "x = 2", C: "show(x)" },
      "ACB",
      ["C changed x B"],
    ],
    ["none, when a cell below takes the name", { A: "x = 1", B: "show(x)", C: "x = 2" }, "ABC", []],
    ["none of two that count the same number", counter, "ABCD", []],
    ["none, when they are run again and again", counter, "ABCDBCD", []],
    ["all, when it begins anew", counter, "ABCDA", ["B changed n A", "C changed n A", "D changed n A"]],
    ["one that read what a cell below ran again", { A: "show(x)", B: "x = 1" }, "BAB", ["A changed x B"]],
    ["one whose source was deleted", chain, "ABC; -A", ["B deleted x ?", "C stale y B"]],
    ["none, when the deletion is undone", chain, "ABC; -A; undo", []],
    [
      "one whose source came back and was edited",
      chain,
      "ABC; -A; undo; A: x = 2",
      ["A edited", "B edited x A", "C stale y B"],
    ],
    ["none after a restart", chain, "ABC; A: x = 2; restart", []],
    ["none of before a new worker", chain, "ABC; A: x = 2; new worker; A", []],
    ["none that depends on itself", { A: "x += 1" }, "AAA", []],
    ["one of two that depend on each other", { A: "x = y", B: "y = x" }, "ABA", ["B changed x A"]],
  ];
  for (const [name, codes, steps, want] of rows) {
    it(name, () => assert.deepEqual(staleAfter(codes, steps), want));
  }

  it("none, however a notebook looks and whatever ran before, when all its cells have run from top to bottom", () => {
    const name = fc.constantFrom("a", "b", "c", "d");
    const code = fc
      .tuple(name, fc.constantFrom("=", "+="), fc.subarray(["a", "b", "c", "d"]))
      .map(([target, sign, reads]) => `${target} ${sign} f(${reads.join(", ")})`);
    const notebook = fc.array(code, { minLength: 1, maxLength: 8 }).chain((codes) => {
      const labels = codes.map((_, i) => String.fromCharCode(65 + i));
      return fc.tuple(
        fc.constant(Object.fromEntries(codes.map((each, i) => [labels[i]!, each]))),
        fc.array(fc.constantFrom(...labels), { maxLength: 12 }),
        fc.constant(labels.join("")),
      );
    });
    fc.assert(
      fc.property(notebook, ([codes, before, all]) => {
        assert.deepEqual(staleAfter(codes, `${before.join("")}; restart; ${all}`), []);
      }),
    );
  });
});

describe("the same code", () => {
  const rows: [string, string, boolean][] = [
    ["let a = 1", "let a = 1", true],
    ["let a = 1", "let a = 2", false],
    ["let a = 1\r\nlet b", "let a = 1\nlet b", true],
    ["  let a = 1  \n\n\nlet b", "let a = 1\n// why\nlet b\n", true],
    ["let a = `\n// text\n`", "let a = `\n`", false],
    ["let a = `\n  b`", "let a = `\nb`", false],
    ["/* a\n// b */ c", "/* a\n c", false],
    ["let a = 'b\\\n// c'", "let a = 'b\\\n'", false],
    ["let a = 1 // one", "let a = 1", false],
  ];
  for (const [a, b, want] of rows) {
    it(`${JSON.stringify(a)} and ${JSON.stringify(b)}: ${want}`, () => assert.equal(sameCode(a, b), want));
  }
});
