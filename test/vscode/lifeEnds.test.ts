/** What a person sees when a kernel ends, fails or does not react, while another notebook of the window runs on. */
import assert from "node:assert/strict";
import * as vscode from "vscode";
import {
  closeAll,
  ended,
  errorOf,
  open,
  openNew,
  run,
  shows,
  start,
  textOf,
  tidy,
  until,
  writeNotebook,
} from "./notebooks.ts";
import { click, onPage, pageDriver, screenshot } from "./page.ts";
import { isAlive } from "./process.ts";

const TICKING = "for (let n = 1; ; n++) { console.log(`tick ${n}`); await new Promise((r) => setTimeout(r, 50)); }";

const seen = (text: string): Promise<boolean> => onPage(`document.body.innerText.includes(${JSON.stringify(text)})`);

interface Row {
  name: string;
  code: string;
  ename: string;
  says: RegExp;
  /** Whether the process goes on, with a new session in it. */
  lives: boolean;
}
// What is printed in the moment of a crash is lost with it: so these wait before.
const rows: Row[] = [
  {
    name: "process.exit()",
    code: "console.log('begun'); process.exit(3)",
    ename: "SessionEnded",
    says: /process\.exit\(3\)[^]*variables are lost/,
    lives: true,
  },
  {
    name: "memory used up",
    code: "console.log('begun'); const kept = []; while (true) kept.push(new Array(5_000_000).fill(kept.length + 0.5));",
    ename: "OutOfMemory",
    says: /memory[^]*variables are lost/,
    lives: true,
  },
  {
    name: "a native crash",
    code: "console.log('begun'); await new Promise((r) => setTimeout(r, 200)); process.kill(process.pid, 'SIGSEGV'); await new Promise(() => {})",
    ename: "KernelDied",
    says: /ended \(killed by SIGSEGV\)[^]*variables are lost[^]*Restart/,
    lives: false,
  },
  {
    name: "a kill from outside",
    code: "console.log('begun'); await new Promise((r) => setTimeout(r, 200)); process.kill(process.pid, 'SIGKILL'); await new Promise(() => {})",
    ename: "KernelDied",
    says: /ended \(killed by SIGKILL\)[^]*variables are lost[^]*Restart/,
    lives: false,
  },
];

describe("the end of a kernel", () => {
  before(
    async () => void (await vscode.workspace.getConfiguration("gradbook").update("askBeforeRestart", false, true)),
  );
  after(
    async () => void (await vscode.workspace.getConfiguration("gradbook").update("askBeforeRestart", undefined, true)),
  );
  afterEach(tidy);

  it("each kind is told in its cell, what waited is not run, the next run works; another notebook runs on", async () => {
    const other = await openNew("undisturbed.ipynb", [TICKING, "process.pid"]);
    const otherPid = Number(textOf(await run(other, 1)));
    await start(other, 0, 1);
    const notebook = await openNew("ends.ipynb", [...rows.map(({ code }) => code), "'never'", "process.pid"]);
    const [never, pidCell] = [rows.length, rows.length + 1];
    for (const [i, { name, ename, says, lives }] of rows.entries()) {
      const pid = Number(textOf(await run(notebook, pidCell)));
      await vscode.commands.executeCommand("notebook.cell.execute", {
        ranges: [
          { start: i, end: i + 1 },
          { start: never, end: never + 1 },
        ],
        document: notebook.uri,
      });
      const failed = await ended(notebook, i, undefined, 110_000);
      assert.equal(errorOf(failed)?.name, ename, `${name}: ${textOf(failed)}`);
      assert.match(errorOf(failed)!.message, says, name);
      assert.match(textOf(failed), /^begun\n/, name);
      assert.equal(failed.executionSummary?.success, false, name);
      assert.equal(notebook.cellAt(never).executionSummary?.executionOrder, undefined, name);
      if (!lives) {
        await until(`the message for ${name}`, async () => !pageDriver || seen("The kernel of ends.ipynb has ended"));
        await vscode.commands.executeCommand("gradbook.restart");
      }
      assert.equal(isAlive(pid), lives, name);
      assert.equal(Number(textOf(await run(notebook, pidCell))) === pid, lives, name);
      await vscode.commands.executeCommand("notifications.clearAll");
    }
    const ticks = Number(/tick (\d+)\n$/.exec(textOf(other.cellAt(0)))![1]);
    await shows(other, 0, `tick ${ticks + 3}\n`);
    assert.ok(isAlive(otherPid));
    await vscode.window.showNotebookDocument(other);
    await vscode.commands.executeCommand("notebook.cancelExecution");
    await ended(other, 0);
  });

  it("a cell run after the end starts a new kernel, and says that the variables are gone", async () => {
    const notebook = await openNew("dead.ipynb", ["process.pid"]);
    const pid = Number(textOf(await run(notebook, 0)));
    process.kill(pid, "SIGKILL");
    await until("the end", () => !isAlive(pid));
    await until("the message", async () => !pageDriver || seen("has ended (killed by SIGKILL)"));
    const again = await run(notebook, 0);
    assert.notEqual(textOf(again), String(pid));
    assert.equal(again.executionSummary?.executionOrder, 1);
    await until("the message", async () => !pageDriver || seen("Earlier variables are gone"));
  });

  it("restarted twice at once, there is one new kernel; all cells run that were started meanwhile", async () => {
    const notebook = await openNew("twice.ipynb", [
      "while (true) {}",
      "globalThis.n = (globalThis.n ?? 0) + 1",
      "process.pid",
    ]);
    await start(notebook, 0, 2);
    await until("the loop to run", () => notebook.cellAt(0).executionSummary?.executionOrder === 1);
    const restarts = [0, 1].map(() => vscode.commands.executeCommand("gradbook.restart"));
    await start(notebook, 1, 3);
    await Promise.all(restarts);
    const [counted, pid] = [await ended(notebook, 1), await ended(notebook, 2)];
    assert.equal(textOf(counted), "1");
    assert.equal(counted.executionSummary?.executionOrder, 1);
    assert.equal(errorOf(notebook.cellAt(0))?.name, "KernelRestarted");
    assert.equal(textOf(await run(notebook, 2)), textOf(pid));
  });

  it("closed with a cell in a call that nothing ends: the process goes", async () => {
    const notebook = await openNew("native.ipynb", [
      "console.log(process.pid); require('node:child_process').execSync('sleep 60')",
    ]);
    await start(notebook);
    const pid = Number((await shows(notebook, 0, /^\d+\n/)).trim());
    await closeAll();
    await until("the end of the process", () => !isAlive(pid));
  });

  it("closed, its document being kept by somebody else: the process goes as well, and a new one begins when it is opened again", async () => {
    const uri = writeNotebook("kept.ipynb", ["process.pid"]);
    // VS Code keeps the document of who asks like this for minutes.
    const document = await vscode.workspace.openNotebookDocument(uri);
    const pid = Number(textOf(await run(await open(uri), 0)));
    await closeAll();
    await until("the end of the process", () => !isAlive(pid));
    assert.ok(!document.isClosed);
    assert.notEqual(textOf(await run(await open(uri), 0)), String(pid));
  });

  if (!pageDriver) return;

  it("interrupt reaches the timers that a finished cell left running, by key and by command", async () => {
    const left = "let n = 0; setInterval(() => console.log(`tick ${++n}`), 50); 0";
    const notebook = await openNew("timers.ipynb", [left, "n"]);
    await run(notebook, 0);
    await shows(notebook, 0, "tick 3\n");
    await vscode.commands.executeCommand("gradbook.interrupt");
    const first = Number(textOf(await run(notebook, 1)));
    await new Promise((r) => setTimeout(r, 300));
    assert.equal(Number(textOf(await run(notebook, 1))), first);
  });

  it("a kernel that does not answer is offered a restart, which ends its process", async () => {
    const notebook = await openNew("stuck.ipynb", ["process.pid", "console.log('begun'); while (true) {}", "'never'"]);
    const pid = Number(textOf(await run(notebook, 0)));
    await start(notebook, 1, 3);
    await shows(notebook, 1, "begun");
    process.kill(pid, "SIGSTOP");
    void vscode.commands.executeCommand("notebook.cancelExecution");
    await until("the offer", () => seen("The kernel does not answer."));
    // Under test the window keeps messages in their list.
    await vscode.commands.executeCommand("notifications.showList");
    await screenshot("kernel-does-not-answer");
    assert.equal(notebook.cellAt(2).executionSummary?.executionOrder, undefined);
    await click(".notifications-center .monaco-button >> text=Restart");
    const stopped = await ended(notebook, 1);
    assert.equal(errorOf(stopped)?.name, "KernelRestarted");
    await until("the end of the process", () => !isAlive(pid));
    assert.notEqual(Number(textOf(await run(notebook, 0))), pid);
  });
});
