/** The variables of a real kernel: while cells run, fail and wait, and what each cell had to do with them. */
import assert from "node:assert/strict";
import type { CellDependencies } from "../../kernel/protocol/session.ts";
import type { VariableList, VariablesMethod, VariablesMethods } from "../../kernel/protocol/variables.ts";
import { KernelUnderTest } from "./kernelUnderTest.ts";

describe("variables of a kernel", function () {
  this.timeout(60_000);
  let kernel: KernelUnderTest;
  before(async () => void (kernel = await KernelUnderTest.started()));
  after(() => kernel.stop());

  async function ask<M extends VariablesMethod>(
    method: M,
    params: VariablesMethods[M]["params"],
  ): Promise<VariablesMethods[M]["result"]> {
    const reply = await kernel.client.request("gradbook_variables_request", { method, params } as never).reply;
    if (reply.status === "error") throw new Error(reply.evalue);
    return reply.result as never;
  }
  const list = (): Promise<VariableList> => ask("list", {});
  const valueOf = async (name: string): Promise<string | undefined> =>
    (await list()).variables.find((variable) => variable.name === name)?.value;
  async function dependencies(code: string): Promise<CellDependencies> {
    const { reply, metadata } = kernel.client.execute({ code, stop_on_error: false });
    await reply;
    return (await metadata)["gradbook_dependencies"] as CellDependencies;
  }

  it("what cells declare is listed, with what it is, the cell and the order of definition", async () => {
    await kernel.run("import { tensor } from 'gradbook';\nlet a = 1, missing; const t = tensor([1, 2])");
    await kernel.run("function f(x: number) { return x }\nclass K {}\nenum E { A }\nconst g = () => a;\na = 5");
    const { variables, total, memory } = await list();
    const rows = variables.map(({ name, value, role, constant, cell }) => [name, value, role, constant, cell]);
    assert.deepEqual(
      rows.sort(([x], [y]) => (x! < y! ? -1 : 1)),
      [
        ["E", '{"0": "A", A: 0}'.replace('"0"', "0"), "variable", false, 2],
        ["K", "class K", "function", false, 2],
        ["a", "5", "variable", false, 2],
        ["f", "ƒ f(x)", "function", false, 2],
        ["g", "ƒ g()", "function", true, 2],
        ["missing", "undefined", "variable", false, 1],
        ["t", "float32 [2] 1, 2", "variable", true, 1],
        ["tensor", "ƒ tensor(data, options = {})", "import", true, 1],
      ],
    );
    assert.equal(total, 8);
    assert.deepEqual(
      memory.map(({ label, bytes }) => [label, bytes > 0]),
      ["Process", "JavaScript", "Tensors", "Reserved for tensors"].map((label) => [label, true]),
    );
  });

  it("what a cell did not get to is not there", async () => {
    await kernel.run("const reached = 1; throw new Error('here'); const beyond = 2");
    assert.deepEqual([await valueOf("reached"), await valueOf("beyond")], ["1", undefined]);
  });

  it("a cell that waits is looked at with what it has done; one that computes is waited for", async () => {
    const waiting = kernel.start(
      "let at = 'first'; let go; const gate = new Promise((r) => (go = r)); console.log('on'); await gate; at = 'second'",
    );
    await waiting.printed("on");
    assert.equal(await valueOf("at"), '"first"');
    await kernel.client.interrupt();
    await waiting.result;
    const computing = kernel.start("let n = 0; console.log('busy'); for (;;) n++");
    await computing.printed("busy");
    const answer = valueOf("at");
    await kernel.client.interrupt();
    await computing.result;
    assert.equal(await answer, '"first"');
    assert.match((await valueOf("n"))!, /^\d+$/);
  });

  it("variables are gone with their worker", async () => {
    const leaving = kernel.start(
      "console.log('leaving'); await new Promise((r) => setTimeout(r, 10)); process.exit(3)",
    );
    await leaving.printed("leaving");
    await leaving.result;
    assert.deepEqual((await list()).variables, []);
  });

  describe("what a cell has to do with them", () => {
    before(() =>
      kernel.run(
        "let x = 1, y = { n: 1 }; let total = 0;\nfunction inner() { return x }\nfunction outer() { return inner() }",
      ),
    );
    const rows: { name: string; code: string; reads?: string[]; declares?: string[]; changes?: string[] }[] = [
      { name: "reads a variable", code: "x + 1", reads: ["x"] },
      { name: "reads within a callback", code: "[1].map((n) => n * x)", reads: ["x"] },
      { name: "declares", code: "const z = x", reads: ["x"], declares: ["z"], changes: ["z"] },
      { name: "declares the same value again: no change", code: "const z = x", reads: ["x"], declares: ["z"] },
      { name: "assigns without reading", code: "x = 7", changes: ["x"] },
      { name: "adds", code: "total += 1", reads: ["total"], changes: ["total"] },
      { name: "calls a function that reads", code: "outer()", reads: ["outer", "inner", "x"] },
      {
        name: "defines a function that reads: not before it is called",
        code: "function later() { return x }",
        declares: ["later"],
        changes: ["later"],
      },
      {
        name: "defines the same function again: no change",
        code: "function later() { return x }",
        declares: ["later"],
      },
      {
        name: "defines another one",
        code: "function later() { return 2 * x }",
        declares: ["later"],
        changes: ["later"],
      },
      {
        name: "defines and calls",
        code: "const now = () => x; now()",
        reads: ["x"],
        declares: ["now"],
        changes: ["now"],
      },
      {
        name: "calls a function that assigns",
        code: "const bump = () => { total = 9 }; bump()",
        declares: ["bump"],
        changes: ["bump", "total"],
      },
      {
        name: "a class reads what it extends at once, the rest when it is used",
        code: "class B {}\nclass C extends B { m() { return x } static s = total }",
        reads: ["total"],
        declares: ["B", "C"],
        changes: ["B", "C"],
      },
      { name: "uses that class", code: "new C()", reads: ["C", "x"] },
      { name: "changes what is inside: not seen", code: "y.n = 2", reads: ["y"] },
      { name: "makes the object anew", code: "y = { n: 2 }", changes: ["y"] },
      { name: "names that nobody has declared", code: "nobody + console.length", reads: ["nobody"] },
      { name: "fails before it declares", code: "null.x; const never = 1", declares: [] },
      { name: "fails after it has changed something", code: "x = 8; null.x", changes: ["x"] },
      { name: "is no code", code: "let = = 1" },
      {
        name: "its own names are its own",
        code: "{ let x = 1; x } function p(y) { return y }",
        declares: ["p"],
        changes: ["p"],
      },
      {
        name: "an import, twice",
        code: "import path from 'node:path'; path.sep; total",
        reads: ["total"],
        declares: ["path"],
        changes: ["path"],
      },
      { name: "the same import again changes nothing", code: "import path from 'node:path'", declares: ["path"] },
      { name: "types are nothing", code: "type T = typeof x; interface I { y: T }" },
    ];
    for (const { name, code, reads = [], declares = [], changes = [] } of rows) {
      it(name, async () => {
        const got = await dependencies(code);
        const sorted = {
          reads: got.reads.toSorted(),
          declares: got.declares.toSorted(),
          changes: got.changes.toSorted(),
        };
        assert.deepEqual(sorted, { reads: reads.toSorted(), declares, changes: changes.toSorted() });
      });
    }

    it("what changed between cells is not the next cell's doing", async () => {
      await kernel.run(
        "let late = 0; let done; const changed = new Promise((r) => (done = r)); setTimeout(() => { late = 1; done() }, 1); undefined",
      );
      assert.deepEqual(
        (await dependencies("await changed; late")).changes.filter((name) => name !== "late"),
        [],
      );
      await kernel.run("late = 2");
      assert.deepEqual((await dependencies("late")).changes, []);
    });
  });
});
