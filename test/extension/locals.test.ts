import assert from "node:assert/strict";
import { renameLocals } from "../../extension/debug/locals.ts";

const table: [claim: string, names: string[], shown: string[]][] = [
  ["a session variable has the user's name", ["$$total", "x"], ["total", "x"]],
  ["a local beside its box is shown once, as the local", ["$$f", "f"], ["f"]],
  ["names of the kernel's own are left out", ["$gradbook", "$site1", "$k", "$k2", "$module", "i"], ["i"]],
  ["nor those of a loop over an iterable", ["$iterable", "$indexed", "$index", "$left2", "$elements", "k"], ["k"]],
  ["the user's own dollars stay", ["$", "$x", "$el", "k$"], ["$", "$x", "$el", "k$"]],
];

describe("variables in the debugger", () => {
  for (const [claim, names, shown] of table) {
    it(claim, () => {
      const message = { type: "response", command: "variables", body: { variables: names.map((name) => ({ name })) } };
      renameLocals(message);
      assert.deepEqual(
        message.body.variables.map(({ name }) => name),
        shown,
      );
    });
  }
});
