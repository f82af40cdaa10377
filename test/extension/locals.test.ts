import assert from "node:assert/strict";
import { Locals } from "../../extension/debug/locals.ts";

const table: [claim: string, names: string[], shown: string[]][] = [
  ["a session variable has the user's name", ["$$total", "x"], ["total", "x"]],
  ["a local beside its box is shown once, as the local", ["$$f", "f"], ["f"]],
  [
    "names of the kernel's own are left out",
    ["$gradbook", "$gradbookAwait2", "$done", "$site1", "$k", "$k2", "$module", "i"],
    ["i"],
  ],
  ["nor those of a loop over an iterable", ["$iterable", "$indexed", "$index", "$left2", "$elements", "k"], ["k"]],
  ["the user's own dollars stay", ["$", "$x", "$el", "k$"], ["$", "$x", "$el", "k$"]],
];

describe("variables in the debugger", () => {
  for (const [claim, names, shown] of table) {
    it(claim, () => {
      const message = { type: "response", command: "variables", body: { variables: names.map((name) => ({ name })) } };
      new Locals().fromDebugger(message);
      assert.deepEqual(
        message.body.variables.map(({ name }) => name),
        shown,
      );
    });
  }

  it("a session variable is given its value in the box, a plain local where it is", () => {
    const locals = new Locals();
    locals.toDebugger({ type: "request", seq: 4, command: "variables", arguments: { variablesReference: 9 } });
    const variables = [
      { name: "$$total", variablesReference: 77 },
      { name: "x", variablesReference: 0 },
    ];
    locals.fromDebugger({ type: "response", request_seq: 4, command: "variables", body: { variables } });
    const set = (name: string): object => {
      const args = { variablesReference: 9, name, value: "5" };
      locals.toDebugger({ type: "request", seq: 5, command: "setVariable", arguments: args });
      return args;
    };
    assert.deepEqual(set("total"), { variablesReference: 77, name: "v", value: "5" });
    assert.deepEqual(set("x"), { variablesReference: 9, name: "x", value: "5" });
  });
});
