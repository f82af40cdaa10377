/** The supervisor's side of the language thread, with a thread that does what it is told, breaking down included. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { LanguageRequest } from "../../kernel/protocol/language.ts";
import { LanguageThread } from "../../kernel/session/languageThread.ts";

/** Remembers all that it is told, and answers with it. */
const THREAD = `
import { parentPort, workerData } from "node:worker_threads";
const told = [];
parentPort.on("message", (message) => {
  const { type, id, request, code } = message;
  if (type !== "ask") return void told.push(code ?? type);
  switch (request.method) {
    case "notebook/open": told.push(request.params.cells.map(({ uri, text }) => uri + "=" + text).join()); break;
    case "throw": throw new Error("as asked");
    case "exit": process.exit(3);
    case "refuse": return parentPort.postMessage({ id, answered: { ok: false, message: "no" } });
    case "fault": return parentPort.postMessage({ id, answered: { ok: false, message: "no", stack: "Error: at a line" } });
  }
  parentPort.postMessage({ id, answered: { ok: true, result: [workerData.folder, ...told] } });
});`;

const ask = (method: string, params: object = {}) => ({ method, params }) as unknown as LanguageRequest;
const open = ask("notebook/open", {
  cells: [
    { uri: "a", text: "1" },
    { uri: "b", text: "2" },
  ],
});

describe("language thread", function () {
  this.timeout(20_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), "gradbook-thread-"));
    writeFileSync(path.join(folder, "thread.mjs"), THREAD);
  });
  after(() => rmSync(folder, { recursive: true }));

  let log: string[];
  let busy: boolean;
  let thread: LanguageThread;
  let threads: number;
  beforeEach(() => {
    [log, busy, threads] = [[], false, 0];
    thread = new LanguageThread({
      path: path.join(folder, "thread.mjs"),
      folder: "/n",
      ready: () => (threads++, Promise.resolve()),
      busy: () => busy,
      log: (line) => log.push(line),
    });
  });
  afterEach(() => thread.end());

  it("is told what was opened and executed before it was there", async () => {
    thread.ran("executed");
    assert.equal(await thread.ask(open), null, "nobody waits for the start");
    assert.deepEqual(await thread.ask(ask("x")), ["/n", "executed", "a=1,b=2"]);
    assert.equal(threads, 1, "one thread");
  });
  it("is told later changes as they come", async () => {
    await thread.ask(ask("x"));
    thread.ran("executed");
    thread.forget();
    await thread.ask(open);
    assert.deepEqual(await thread.ask(ask("x")), ["/n", "executed", "forget", "a=1,b=2"]);
  });
  for (const how of ["throw", "exit"]) {
    it(`begins again with what it knew: ${how}`, async () => {
      await thread.ask(open);
      thread.ran("forgotten");
      thread.forget();
      thread.ran("executed");
      await thread.ask(ask("x"));
      await thread.ask(ask("notebook/change", { order: ["b", "c"], changed: [{ uri: "c", text: "3" }] }));
      await assert.rejects(thread.ask(ask(how)), /the language service broke down; ask again/);
      assert.deepEqual(await thread.ask(ask("x")), ["/n", "executed", "b=2,c=3"]);
      assert.match(log.join("\n"), /The language service broke down .*It starts again; cells are not affected/s);
    });
  }
  it("stays off when it breaks down again and again, and says so", async () => {
    for (let i = 0; i < 5; i++) await assert.rejects(thread.ask(ask("throw")), /broke down/);
    await assert.rejects(thread.ask(ask("x")), /broke down too often: restart the kernel/);
    assert.match(log.at(-1)!, /stays off: restart the kernel/);
  });
  it("a refusal is the message; a fault is in the log too", async () => {
    await assert.rejects(thread.ask(ask("refuse")), { message: "no" });
    assert.deepEqual(log, []);
    await assert.rejects(thread.ask(ask("fault")), { message: "no" });
    assert.deepEqual(log, ["fault: Error: at a line"]);
  });
  it("does not start beside a cell that has just begun, unless somebody waits", async () => {
    busy = true;
    const checked = thread.ask(ask("notebook/diagnostics"));
    const first = await Promise.race([checked.then(() => "checked"), thread.ask(ask("x")).then(() => "asked")]);
    assert.equal(first, "checked", "the question at the caret started it for both");
  });
  it("nothing is asked of it after its end", async () => {
    const asked = thread.ask(ask("x"));
    await thread.end();
    await assert.rejects(asked, /shut down/);
    await assert.rejects(thread.ask(ask("x")), /shut down/);
  });
});
