import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import * as vscode from "vscode";
import { errorOf, openNew, run, shows, textOf, tidy, until, workspaceFolder } from "./notebooks.ts";
import { screenshot } from "./page.ts";

/** Breakpoints at lines, from 1, of cells or files. */
function breakAt(...places: [vscode.Uri, number][]): void {
  vscode.debug.addBreakpoints(
    places.map(
      ([uri, line]) => new vscode.SourceBreakpoint(new vscode.Location(uri, new vscode.Position(line - 1, 0))),
    ),
  );
}

interface Frame {
  id: number;
  name: string;
  line: number;
  source?: { path?: string };
}

/** The frames of the thread that is paused now. */
async function pausedAt(where: (top: Frame) => boolean): Promise<Frame[]> {
  return until("a pause", async () => {
    const item = vscode.debug.activeStackItem;
    if (!(item instanceof vscode.DebugStackFrame)) return;
    // Refused between two pauses: the item is still that of the first.
    const asked = item.session.customRequest("stackTrace", { threadId: item.threadId });
    const { stackFrames } = (await Promise.resolve(asked).catch(() => ({ stackFrames: [] }))) as {
      stackFrames: Frame[];
    };
    return stackFrames[0] !== undefined && where(stackFrames[0]) && stackFrames;
  });
}
const active = (): vscode.DebugStackFrame => vscode.debug.activeStackItem as vscode.DebugStackFrame;
const ask = (command: string, args: object = {}): Promise<Record<string, never>> =>
  Promise.resolve(active().session.customRequest(command, { threadId: active().threadId, ...args }));

async function evaluate(expression: string, frameId: number): Promise<string> {
  const { result } = (await active().session.customRequest("evaluate", { expression, frameId, context: "watch" })) as {
    result: string;
  };
  return result;
}

async function locals(frameId: number): Promise<{ [name: string]: string }> {
  const { scopes } = (await active().session.customRequest("scopes", { frameId })) as {
    scopes: { name: string; variablesReference: number; expensive: boolean }[];
  };
  const all: { [name: string]: string } = {};
  for (const { variablesReference } of scopes.filter(({ expensive }) => !expensive)) {
    const { variables } = (await active().session.customRequest("variables", { variablesReference })) as {
      variables: { name: string; value: string }[];
    };
    for (const { name, value } of variables) all[name] ??= value;
  }
  return all;
}

const debugCell = (cell: vscode.NotebookCell): Thenable<unknown> =>
  vscode.commands.executeCommand("gradbook.debugCell", cell);

describe("debugging", () => {
  // `activeDebugSession` is told late that its session has ended.
  const sessions = new Set<vscode.DebugSession>();
  const subscriptions: vscode.Disposable[] = [];
  before(() =>
    subscriptions.push(
      vscode.debug.onDidStartDebugSession((session) => sessions.add(session)),
      vscode.debug.onDidTerminateDebugSession((session) => sessions.delete(session)),
    ),
  );
  after(() => subscriptions.forEach((each) => each.dispose()));
  afterEach(async function () {
    vscode.debug.removeBreakpoints(vscode.debug.breakpoints);
    await vscode.debug.stopDebugging();
    await tidy.call(this);
  });

  it("a breakpoint in a cell stops there, shows the variables, steps, and lets go", async () => {
    const notebook = await openNew("debug.ipynb", [
      "const start = 40;",
      "let total = start;\nconst add = (x: number) => {\n  total += x;\n  return total;\n};\nfor (let i = 0; i < 2; i++) {\n  const sum = add(i);\n  console.log(sum);\n}\ntotal",
    ]);
    await run(notebook, 0);
    const cell = notebook.cellAt(1);
    const uri = cell.document.uri;
    breakAt([uri, 3], [uri, 8]);
    const debugged = debugCell(cell);
    const frames = await pausedAt(({ line }) => line === 3);
    assert.deepEqual(
      frames.slice(0, 2).map((frame) => [frame.line, frame.source?.path]),
      [
        [3, uri.toString()],
        [7, uri.toString()],
      ],
    );
    assert.equal(await evaluate("x", frames[0]!.id), "0");
    assert.equal(await evaluate("total", frames[0]!.id), "40");
    assert.equal(await evaluate("start", frames[1]!.id), "40");
    assert.deepEqual(
      Object.entries(await locals(frames[1]!.id))
        .filter(([name]) => ["i", "total", "add"].includes(name))
        .map(([name]) => name)
        .sort(),
      ["add", "i", "total"],
    );
    // A session variable that a function uses is held in a box: it is shown as what it holds, and can be given a value.
    assert.equal((await locals(frames[1]!.id))["total"], "40");
    const { scopes } = (await ask("scopes", { frameId: frames[1]!.id })) as unknown as {
      scopes: { variablesReference: number; expensive: boolean }[];
    };
    for (const { variablesReference } of scopes.filter(({ expensive }) => !expensive)) {
      const { variables } = (await ask("variables", { variablesReference })) as unknown as {
        variables: { name: string }[];
      };
      if (!variables.some(({ name }) => name === "total")) continue;
      await ask("setVariable", { variablesReference, name: "total", value: "100" });
      break;
    }
    assert.equal(await evaluate("total", frames[0]!.id), "100");
    await screenshot("debug-light");
    await ask("next");
    await pausedAt(({ line }) => line === 4);
    await ask("continue");
    const [atPrint] = await pausedAt(({ line }) => line === 8);
    assert.equal(await evaluate("sum", atPrint!.id), "100");
    // Round the loop once more: a breakpoint that is removed now would be removed some time after the next request.
    await ask("continue");
    await pausedAt(({ line }) => line === 3);
    await ask("continue");
    await pausedAt(({ line }) => line === 8);
    await ask("continue");
    await debugged;
    assert.equal(textOf(cell), "100\n101\n\n101");
    await until("the debugger to leave", () => sessions.size === 0);
  });

  it("breakpoints stop in local modules and in functions of earlier cells, also after an edit", async () => {
    const file = path.join(workspaceFolder(), "debugged.ts");
    writeFileSync(file, "export function twice(x: number): number {\n  const y = x * 2;\n  return y;\n}\n");
    const notebook = await openNew("debug-modules.ipynb", [
      'import { twice } from "./debugged.ts";\nconst half = (x: number) => {\n  return x / 2;\n};',
      "half(twice(3))",
    ]);
    await run(notebook, 0);
    breakAt([vscode.Uri.file(file), 3], [notebook.cellAt(0).document.uri, 3]);
    const debugged = debugCell(notebook.cellAt(1));
    const [inModule] = await pausedAt(({ source }) => source?.path?.endsWith("/debugged.ts") === true);
    assert.equal(await evaluate("y", inModule!.id), "6");
    await ask("continue");
    const [inCell] = await pausedAt(({ source }) => source?.path === notebook.cellAt(0).document.uri.toString());
    assert.equal(inCell!.line, 3);
    await ask("continue");
    await debugged;
    assert.equal(textOf(notebook.cellAt(1)), "3");

    // Without saving: the breakpoint moves with the text, and is where the text then runs.
    const edit = new vscode.WorkspaceEdit();
    edit.insert(notebook.cellAt(0).document.uri, new vscode.Position(0, 0), "\n\n");
    await vscode.workspace.applyEdit(edit);
    await run(notebook, 0);
    const again = debugCell(notebook.cellAt(1));
    await pausedAt(({ source }) => source?.path?.endsWith("/debugged.ts") === true);
    await ask("continue");
    await pausedAt(({ line, source }) => line === 5 && source?.path === notebook.cellAt(0).document.uri.toString());
    await ask("continue");
    await again;
  });

  for (const [where, code] of [
    ["paused at a breakpoint", "const kept = 7;\nlet n = 0;\nwhile (true) {\n  n++;\n}"],
    ["that runs", "const kept = 7;\nlet n = 0;\nconsole.log('begun');\nwhile (true) n++;"],
    ["in native code", "const kept = 7;\nconsole.log('begun');\n/^(a+)+$/.test('a'.repeat(60) + 'b');"],
    ["in a timer", "const kept = 7;\nawait new Promise(() => setTimeout(() => { console.log('begun'); for (;;) ; }));"],
  ] as const) {
    it(`interrupt works while the debugger is attached: a loop ${where}`, async () => {
      const notebook = await openNew(`debug-interrupt-${where.length}.ipynb`, [code, "kept"]);
      const cell = notebook.cellAt(0);
      if (!code.includes("begun")) breakAt([cell.document.uri, 4]);
      const debugged = debugCell(cell);
      if (code.includes("begun")) await shows(notebook, 0, "begun");
      else await pausedAt(({ line }) => line === 4);
      await vscode.commands.executeCommand("notebook.cancelExecution");
      await debugged;
      assert.equal(errorOf(cell)?.name, "Interrupted");
      assert.equal(textOf(await run(notebook, 1)), "7");
    });
  }
});
