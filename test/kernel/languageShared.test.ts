/** Cells that run while another one waits: what either sees of the other's variables. */
import assert from "node:assert/strict";
import { TestSession } from "./languageSession.ts";

interface Row {
  claim: string;
  before?: string;
  /** Awaits `pause()`, which ends when the cells of `between` have run, one for each pause. */
  waits: string;
  between: string[];
  /** What the session holds at the end. */
  holds: { [name: string]: unknown };
}

const table: Row[] = [
  {
    claim: "a loop ends when another cell says so",
    before: "let stop = false",
    waits: "let turns = 0;\nwhile (!stop) {\n  turns++;\n  await pause();\n}",
    between: ["", "stop = true"],
    holds: { turns: 2, stop: true },
  },
  {
    claim: "another cell sees what was counted so far, and what it changes is counted on",
    waits: "let n = 0;\nfor (let i = 0; i < 2; i++) {\n  n++;\n  await pause();\n}",
    between: ["const seen = n; n = 100", ""],
    holds: { seen: 1, n: 101 },
  },
  {
    claim: "a declaration of another cell is another's: a constant of its own keeps its value",
    waits: "const k = 1;\nawait pause();\nconst after = k;",
    between: ["const k = 2"],
    holds: { after: 1, k: 2 },
  },
  {
    claim: "the bound of a counting loop is read again after a wait",
    before: "let most = 3",
    waits: "let count = 0;\nfor (let i = 0; i < most; i++) {\n  count++;\n  await pause();\n}",
    between: ["most = 2", ""],
    holds: { count: 2 },
  },
  {
    claim: "an assignment takes the name's value from before its own wait, as the language has it",
    waits: "let sum = 1;\nsum += await pause().then(() => 10);",
    between: ["sum = 5"],
    holds: { sum: 11 },
  },
  {
    claim: "the steps of `for await` are shared too",
    waits: "let got = 0;\nfor await (const x of [pause(), pause()]) {\n  got++;\n}",
    between: ["var first = got; got = 10", ""],
    holds: { got: 12 },
  },
  {
    claim: "a name that a block declares again is not mixed up with the session's",
    before: "let x = 'session'",
    waits: "{\n  let x = 'block';\n  await pause();\n  void x;\n}\nconst outside = x;",
    between: ["x = 'changed'"],
    holds: { outside: "changed" },
  },
];

describe("cells between each other's awaits", () => {
  for (const { claim, before, waits, between, holds } of table) {
    it(claim, async () => {
      const session = new TestSession();
      const cells = [...between];
      Object.assign(globalThis, {
        pause: async () => {
          await new Promise((resolve) => setImmediate(resolve));
          const next = cells.shift();
          if (next) await session.run(next);
        },
      });
      try {
        if (before !== undefined) await session.run(before);
        await session.run(waits);
        const held = Object.keys(holds).map((name) => [name, session.box(name).v]);
        assert.deepEqual(Object.fromEntries(held), holds);
      } finally {
        delete (globalThis as { pause?: unknown }).pause;
      }
    });
  }
});
