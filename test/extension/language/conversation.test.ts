import assert from "node:assert/strict";
import fc from "fast-check";
import type { EditorCell } from "../../../extension/language/cellSync.ts";
import { CellSync } from "../../../extension/language/cellSync.ts";
import { Conversation, Refused } from "../../../extension/language/conversation.ts";
import { ScriptedKernel } from "./scriptedKernel.ts";

/** Cells as an editor has them: each edit is a new version. */
class Notebook {
  cells: { uri: string; document: object; version: number; content: string }[] = [];
  constructor(...texts: string[]) {
    for (const content of texts) this.add(this.cells.length, content);
  }
  add(at: number, content: string, uri = "abcdefghijklmnopqrstuvwxyz"[this.#next++]!): void {
    this.cells.splice(at, 0, { uri, document: {}, version: 1, content });
  }
  #next = 0;
  remove(at: number): void {
    this.cells.splice(at, 1);
  }
  edit(at: number, content: string): void {
    this.cells[at]!.content = content;
    this.cells[at]!.version++;
  }
  move(from: number, to: number): void {
    this.cells.splice(to, 0, ...this.cells.splice(from, 1));
  }
  now(): EditorCell[] {
    return this.cells.map(({ content, ...cell }) => ({ ...cell, text: () => content }));
  }
}

const place = (uri: string) => ({ textDocument: { uri }, position: { line: 0, character: 0 } });
class Cancelled {
  isCancellationRequested = false;
  readonly #listeners = new Set<() => void>();
  onCancellationRequested(listener: () => void) {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }
  cancel(): void {
    this.isCancellationRequested = true;
    for (const listener of this.#listeners) listener();
  }
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

function talk(notebook: Notebook, kernel: ScriptedKernel) {
  const log: string[] = [];
  const at = { kernel: kernel as ScriptedKernel | undefined };
  const conversation = new Conversation({
    client: () => at.kernel?.client,
    cells: () => notebook.now(),
    unavailable: (_client, because) => log.push(`unavailable: ${because}`),
    log: (line) => log.push(line),
  });
  const ask = (token?: Cancelled, background = false) =>
    conversation.ask("textDocument/hover", place("a"), { ...(token && { token }), background });
  return { conversation, at, log, ask };
}

describe("what the kernel is told of a notebook's cells", () => {
  const rows: [claim: string, change: (notebook: Notebook) => void, said: string[]][] = [
    ["nothing, when nothing changed", () => {}, ["hover"]],
    ["the text of a cell that was edited, before the question", (n) => n.edit(1, "y2"), ["change abc b=y2", "hover"]],
    ["a new cell and its place", (n) => n.add(1, "new"), ["change adbc d=new", "hover"]],
    ["that one is gone", (n) => n.remove(1), ["change ac", "hover"]],
    ["that one moved, without its text", (n) => n.move(0, 2), ["change bca", "hover"]],
    ["all at once", (n) => (n.move(0, 2), n.edit(0, "y2"), n.remove(1)), ["change ba b=y2", "hover"]],
    [
      "a cell that was removed and came back, though its version is the same",
      (n) => (n.remove(2), n.add(2, "other", "c")),
      ["change abc c=other", "hover"],
    ],
    [
      "cells whose notebook was renamed, as new ones",
      (n) => n.cells.forEach((cell) => (cell.uri = cell.uri.toUpperCase())),
      ["change ABC A=x B=y C=z", "hover"],
    ],
  ];
  for (const [claim, change, said] of rows) {
    it(claim, async () => {
      const notebook = new Notebook("x", "y", "z");
      const kernel = new ScriptedKernel();
      const { ask } = talk(notebook, kernel);
      assert.equal(await ask(), "textDocument/hover");
      assert.deepEqual(kernel.log, ["open a=x b=y c=z", "hover"]);
      change(notebook);
      assert.equal(await ask(), "textDocument/hover");
      assert.deepEqual(kernel.log, said);
    });
  }

  it("after any edits: exactly the cells as they are", () => {
    const step = fc.record({
      kind: fc.constantFrom("add", "remove", "edit", "move"),
      a: fc.nat(9),
      b: fc.nat(9),
      flush: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const notebook = new Notebook("x", "y");
        const sync = new CellSync();
        let order: string[] = [];
        const texts = new Map<string, string>();
        const flush = () => {
          const said = sync.next(notebook.now());
          if (!said) return;
          order = said.method === "notebook/open" ? said.params.cells.map(({ uri }) => uri) : said.params.order;
          for (const { uri, text } of said.method === "notebook/open" ? said.params.cells : said.params.changed)
            texts.set(uri, text);
        };
        for (const [i, { kind, a, b, flush: now }] of steps.entries()) {
          const n = notebook.cells.length;
          if (kind === "add") notebook.add(a % (n + 1), `text ${i}`);
          else if (n === 0) continue;
          else if (kind === "remove") notebook.remove(a % n);
          else if (kind === "edit") notebook.edit(a % n, `text ${i}`);
          else notebook.move(a % n, b % n);
          if (now) flush();
        }
        flush();
        const known = order.map((uri) => [uri, texts.get(uri)]);
        assert.deepEqual(
          known,
          notebook.cells.map(({ uri, content }) => [uri, content]),
        );
        assert.equal(sync.next(notebook.now()), undefined);
      }),
    );
  });

  it("a new kernel is told everything, and one that is not running nothing", async () => {
    const notebook = new Notebook("x");
    const [first, second] = [new ScriptedKernel(), new ScriptedKernel()];
    const { ask, at } = talk(notebook, first);
    await ask();
    at.kernel = undefined;
    assert.equal(await ask(), undefined);
    at.kernel = second;
    assert.equal(await ask(), "textDocument/hover");
    assert.deepEqual(second.log, ["open a=x", "hover"]);
    assert.deepEqual(first.log, ["open a=x", "hover"]);
  });

  it("when a change was not taken, all cells are said again", async () => {
    const notebook = new Notebook("x", "y");
    const kernel = new ScriptedKernel({ refuses: "notebook/change" });
    const { ask, log } = talk(notebook, kernel);
    for (const expected of ["open a=x b=y", "change ab a=x2", "open a=x2 b=y"]) {
      await ask();
      assert.deepEqual(kernel.log, [expected, "hover"]);
      if (expected === "open a=x b=y") notebook.edit(0, "x2");
    }
    assert.deepEqual(log, ["notebook/change was not taken (not now); all cells will be sent again"]);
  });

  it("a kernel that cannot take the cells is given up", async () => {
    const { ask, log } = talk(new Notebook("x"), new ScriptedKernel({ refuses: "notebook/open" }));
    await ask();
    assert.deepEqual(log, ["unavailable: not now"]);
  });
});

describe("questions to the kernel", () => {
  it("are sent one after the other, with the text as it is when each is sent", async () => {
    const notebook = new Notebook("x");
    const kernel = new ScriptedKernel({ answers: false });
    const { ask } = talk(notebook, kernel);
    const answers = [ask(), ask()];
    await settled();
    assert.deepEqual(kernel.log, ["open a=x", "hover"]);
    notebook.edit(0, "x2");
    kernel.open.pop()!.answer(1);
    await settled();
    assert.deepEqual(kernel.log, ["change a a=x2", "hover"]);
    kernel.open.pop()!.answer(2);
    assert.deepEqual(await Promise.all(answers), [1, 2]);
  });

  it("for which somebody waits do not wait for those in the background", async () => {
    const kernel = new ScriptedKernel({ answers: false });
    const { ask, conversation } = talk(new Notebook("x"), kernel);
    const checked = conversation.ask("notebook/diagnostics", {}, { background: true });
    const answers = [ask(), ask()];
    await settled();
    assert.deepEqual(kernel.log, ["open a=x", "notebook/diagnostics", "hover"]);
    kernel.open.pop()!.answer(1);
    await settled();
    assert.deepEqual(kernel.log, ["hover"]);
    kernel.open.pop()!.answer(2);
    assert.deepEqual(await Promise.all(answers), [1, 2]);
    kernel.open.pop()!.answer({});
    assert.deepEqual(await checked, {});
  });

  it("that are cancelled while they wait are never sent, and end at once with nothing", async () => {
    const kernel = new ScriptedKernel({ answers: false });
    const { ask } = talk(new Notebook("x"), kernel);
    const [sent, waits] = [new Cancelled(), new Cancelled()];
    const answers = [ask(sent), ask(waits), ask()];
    await settled();
    sent.cancel();
    waits.cancel();
    assert.deepEqual(await Promise.all(answers.slice(0, 2)), [undefined, undefined]);
    assert.deepEqual(kernel.log, ["open a=x", "hover"]);
    kernel.open.pop()!.answer("too late");
    await settled();
    assert.deepEqual(kernel.log, ["hover"]);
    kernel.open.pop()!.answer("seen");
    assert.equal(await answers[2], "seen");
    assert.equal(await ask(waits), undefined);
    assert.deepEqual(kernel.log, []);
  });

  it("end with nothing when the kernel dies, and those after them are asked of the next one", async () => {
    const [first, second] = [new ScriptedKernel({ answers: false }), new ScriptedKernel()];
    const { ask, at } = talk(new Notebook("x"), first);
    const answers = [ask(), ask()];
    await settled();
    at.kernel = second;
    first.open.pop()!.die();
    assert.deepEqual(await Promise.all(answers), [undefined, "textDocument/hover"]);
    assert.deepEqual(second.log, ["open a=x", "hover"]);
  });

  it("that the kernel refuses are rejected with its words, and the next one is asked", async () => {
    const kernel = new ScriptedKernel({ answers: false });
    const { ask } = talk(new Notebook("x"), kernel);
    const answers = [ask(), ask()];
    answers[0]!.catch(() => {});
    await settled();
    kernel.open.pop()!.refuse("You cannot rename this element.");
    await assert.rejects(
      answers[0]!,
      (error: Error) => error instanceof Refused && /cannot rename/.test(error.message),
    );
    await settled();
    kernel.open.pop()!.answer("seen");
    assert.equal(await answers[1], "seen");
  });
});
