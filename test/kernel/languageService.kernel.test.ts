/** The language service in a real kernel: alive while a cell computes, and its end is nobody else's. */
import assert from "node:assert/strict";
import type { CompletionList, Diagnostic, Hover } from "vscode-languageserver-types";
import type { LanguageMethod, LanguageMethods, LanguageRequest } from "../../kernel/protocol/language.ts";
import { KernelUnderTest } from "./kernelUnderTest.ts";

describe("language service in the kernel", function () {
  this.timeout(120_000);
  let kernel: KernelUnderTest;
  before(() => void (kernel = new KernelUnderTest()));
  after(() => kernel.stop());

  async function ask<M extends LanguageMethod>(method: M, params: LanguageMethods[M]["params"]): Promise<unknown> {
    const request = { method, params } as unknown as LanguageRequest;
    const reply = await kernel.client.request("gradbook_language_request", request).reply;
    if (reply.status === "error") throw new Error(`${reply.ename}: ${reply.evalue}`);
    return reply.result;
  }
  const at = (uri: string, character: number) => ({ textDocument: { uri }, position: { line: 0, character } });

  it("completes, describes and checks while a cell loops, and then the cell is interrupted as always", async () => {
    await kernel.value("const early = 1");
    const loop = kernel.start("const ran = 5; console.log('in'); for (;;) {}");
    await loop.printed("in");
    try {
      const cells = [
        {
          uri: "a",
          text: "import { optim, nn } from 'gradbook'; const o = new optim.Adam(new nn.Linear(1, 1).parameters());",
        },
        { uri: "b", text: "o.step(early, ran); o." },
      ];
      await ask("notebook/open", { cells });
      const list = (await ask("textDocument/completion", at("b", 22))) as CompletionList;
      assert.ok(list.items.some(({ label }) => label === "zeroGrad"));
      const hover = (await ask("textDocument/hover", at("b", 3))) as Hover;
      assert.match((hover.contents as { value: string }).value, /Optimizer<AdamOptions>\.step/);
      const found = (await ask("notebook/diagnostics", {})) as { [uri: string]: Diagnostic[] };
      // The names that only the session has are known.
      assert.deepEqual(
        found["b"]!.map(({ code }) => code),
        [1003, 2554],
      );
    } finally {
      await kernel.client.interrupt();
    }
    const { reply } = await loop.result;
    assert.equal(reply.status === "error" && reply.ename, "Interrupted");
  });

  it("Jupyter's own requests see what was executed, with a cursor behind an emoji", async () => {
    await kernel.value("/** Twice. */\nfunction twice(x: number) { return 2 * x }");
    const code = "'😀'; twi";
    const completed = await kernel.client.request("complete_request", { code, cursor_pos: 8 }).reply;
    assert.ok(completed.status === "ok");
    const { matches, cursor_start, cursor_end } = completed;
    assert.deepEqual({ matches, cursor_start, cursor_end }, { matches: ["twice"], cursor_start: 5, cursor_end: 8 });
    const inspected = await kernel.client.request("inspect_request", { code: "twice", cursor_pos: 5 }).reply;
    assert.ok(inspected.status === "ok" && inspected.found);
    assert.match(String(inspected.data["text/plain"]), /function twice\(x: number\): number\s+Twice\./);
  });
});
