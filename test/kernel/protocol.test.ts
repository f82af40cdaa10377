/**
 * Conversations with the dispatcher, in memory: what goes in, what comes out, in order. A transcript that is missing
 * fails; UPDATE=1 writes it.
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Dispatcher } from "../../kernel/protocol/dispatch.ts";
import { makeMessage, type Sender } from "../../kernel/protocol/message.ts";
import type { Message } from "../../kernel/protocol/messages.ts";
import type { CellOutcome, Session } from "../../kernel/protocol/session.ts";

const folder = path.resolve(import.meta.dirname, "../transcripts");

/** A session whose cells are one word: what should happen. */
function scriptedSession(): Session {
  let stop: (outcome: CellOutcome) => void = () => {};
  const failed = (ename: string): CellOutcome => ({
    status: "error",
    error: { ename, evalue: "as asked", traceback: [`${ename}: as asked`] },
  });
  return {
    execute: ({ code }) => {
      if (code === "wait") return new Promise((resolve) => (stop = resolve));
      if (code === "fail") return Promise.resolve(failed("TypeError"));
      if (code === "break") return Promise.reject(new Error("a fault of ours"));
      return Promise.resolve({ status: "ok", userExpressions: {}, ...(code ? { value: { "text/plain": code } } : {}) });
    },
    isComplete: async (code) => (code.endsWith("{") ? { status: "incomplete", indent: "  " } : { status: "complete" }),
    ask: (question) => Promise.resolve(question),
    comm: ({ target_name, comm_id }) => Promise.resolve(target_name === "known" || comm_id === "open"),
    language: ({ method, params }) => {
      if (method === "notebook/open") return Promise.resolve(null);
      if (method === "text/hover") return Promise.resolve(params.text === "" ? null : { plain: "a", markdown: "*a*" });
      if (method !== "text/completion") return Promise.reject(new Error(`${method}: no such cell`));
      const items = [{ text: params.text.slice(0, params.offset), type: "function" }];
      return Promise.resolve({ items, start: params.offset - 1, end: params.offset });
    },
    interrupt: () => stop(failed("Interrupted")),
    shutdown: () => Promise.resolve(),
    memory: () => ({ rss: 0, heapUsed: 0 }),
  };
}

type Request = [channel: "shell" | "control", type: string, content: object, subshell_id?: string];
const conversations: { [name: string]: Request[] } = {
  "kernel-info": [["shell", "kernel_info_request", {}]],
  "execute-value": [["shell", "execute_request", { code: "1" }]],
  "execute-nothing": [["shell", "execute_request", { code: "" }]],
  "execute-error": [["shell", "execute_request", { code: "fail" }]],
  "execute-silent": [
    ["shell", "execute_request", { code: "1", silent: true }],
    ["shell", "execute_request", { code: "fail", silent: true }],
    ["shell", "execute_request", { code: "2" }],
  ],
  "execute-no-history": [
    ["shell", "execute_request", { code: "1", store_history: false }],
    ["shell", "execute_request", { code: "2" }],
  ],
  "error-cancels-queue": [
    ["shell", "execute_request", { code: "fail" }],
    ["shell", "execute_request", { code: "1" }],
    ["shell", "execute_request", { code: "2" }],
  ],
  "stop-on-error-off": [
    ["shell", "execute_request", { code: "fail", stop_on_error: false }],
    ["shell", "execute_request", { code: "1" }],
  ],
  language: [
    ["shell", "execute_request", { code: "wait" }],
    ["control", "gradbook_language_request", { method: "notebook/open", params: { cells: [] } }],
    ["control", "gradbook_language_request", { method: "textDocument/hover", params: {} }],
    ["control", "interrupt_request", {}],
  ],
  "complete-counts-code-points": [
    ["shell", "complete_request", { code: "'😀'; a; b", cursor_pos: 6 }],
    ["shell", "complete_request", { code: "", cursor_pos: 0 }],
  ],
  inspect: [
    ["shell", "execute_request", { code: "wait" }],
    ["shell", "inspect_request", { code: "a", cursor_pos: 1 }],
    ["shell", "inspect_request", { code: "", cursor_pos: 0, detail_level: 1 }],
    ["control", "interrupt_request", {}],
  ],
  "interrupt-cancels-queue": [
    ["shell", "execute_request", { code: "wait" }],
    ["shell", "execute_request", { code: "1" }],
    ["control", "interrupt_request", {}],
  ],
  "fault-of-ours": [["shell", "execute_request", { code: "break" }]],
  "is-complete": [
    ["shell", "is_complete_request", { code: "1" }],
    ["shell", "is_complete_request", { code: "if (x) {" }],
  ],
  "unknown-type": [
    ["shell", "no_such_request", {}],
    ["shell", "execute_request", { code: "1" }],
  ],
  subshells: [
    ["control", "list_subshell_request", {}],
    ["control", "create_subshell_request", {}],
    ["control", "list_subshell_request", {}],
    ["control", "delete_subshell_request", { subshell_id: "id-6" }],
    ["control", "delete_subshell_request", { subshell_id: "id-6" }],
    ["shell", "kernel_info_request", {}, "id-6"],
  ],
  "subshell-error": [
    ["control", "create_subshell_request", {}],
    ["shell", "execute_request", { code: "fail" }, "id-4"],
    ["shell", "execute_request", { code: "cancelled" }, "id-4"],
    ["shell", "execute_request", { code: "1" }],
    ["shell", "execute_request", { code: "2" }],
  ],
  "subshell-interrupt": [
    ["control", "create_subshell_request", {}],
    ["shell", "execute_request", { code: "wait" }],
    ["shell", "execute_request", { code: "1" }, "id-4"],
    ["shell", "execute_request", { code: "cancelled" }, "id-4"],
    ["shell", "execute_request", { code: "cancelled" }],
    ["control", "interrupt_request", {}],
  ],
  "subshell-deleted": [
    ["control", "create_subshell_request", {}],
    ["shell", "execute_request", { code: "wait" }, "id-4"],
    ["shell", "execute_request", { code: "cancelled" }, "id-4"],
    ["control", "delete_subshell_request", { subshell_id: "id-4" }],
    ["control", "interrupt_request", {}],
  ],
  shutdown: [["control", "shutdown_request", { restart: true }]],
  comms: [
    ["shell", "comm_open", { comm_id: "a", target_name: "known", data: {} }],
    ["shell", "comm_info_request", {}],
    ["shell", "comm_msg", { comm_id: "open", data: {} }],
    ["shell", "comm_msg", { comm_id: "nobody", data: {} }],
    ["shell", "comm_close", { comm_id: "a", data: {} }],
    ["shell", "comm_info_request", {}],
    ["shell", "comm_close", { comm_id: "nobody", data: {} }],
  ],
  "comm-target-unknown": [["shell", "comm_open", { comm_id: "a", target_name: "unknown", data: {} }]],
  "comm-target-after-the-cells-before": [
    ["shell", "execute_request", { code: "wait" }],
    ["shell", "comm_open", { comm_id: "a", target_name: "unknown", data: {} }],
    ["shell", "comm_msg", { comm_id: "open", data: {} }],
    ["control", "interrupt_request", {}],
  ],
  "comm-malformed": [
    ["shell", "comm_open", { comm_id: "a" }],
    ["shell", "comm_msg", { data: {} }],
  ],
};

describe("protocol", () => {
  for (const [name, requests] of Object.entries(conversations)) {
    it(`transcript ${name}`, async () => check(name, await converse(requests)));
  }

  it("every request ends with one reply and idle, whatever its handler does", async () => {
    for (const [name, requests] of Object.entries(conversations)) {
      // Comms have no reply.
      if (requests.some(([, type]) => type.startsWith("comm_") && type !== "comm_info_request")) continue;
      const text = await converse(requests);
      const known = requests.filter(([, type]) => type !== "no_such_request").length;
      const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
      assert.equal(count(/_reply /g), known, `${name}: replies`);
      // What still runs is said again when something else has ended.
      assert.ok(count(/"execution_state":"busy"/g) >= known, `${name}: busy`);
      assert.equal(count(/"execution_state":"idle"/g), known, `${name}: idle`);
    }
  });

  it("message ids are unique, parents are the requests", async () => {
    const sent: Message[] = [];
    await converse(conversations["error-cancels-queue"]!, sent);
    assert.equal(new Set(sent.map((m) => m.header.msg_id)).size, sent.length);
    const parents = new Set(sent.slice(1).map((m) => (m.parent_header as { msg_id: string }).msg_id));
    assert.equal(parents.size, 3);
  });
});

async function converse(requests: (typeof conversations)[string], sent: Message[] = []): Promise<string> {
  const lines: string[] = [];
  let ids = 0;
  const environment = { now: () => new Date(0), newId: () => `id-${++ids}` };
  const sender: Sender = { session: "test", username: "test", environment };
  const write = (arrow: string, { channel, header, content }: Message): void => {
    lines.push(`${channel.padEnd(7)} ${arrow} ${header.msg_type} ${JSON.stringify(content)}`);
  };
  const dispatcher = new Dispatcher({
    session: scriptedSession(),
    sender,
    version: "0.0.0",
    send: (message) => {
      sent.push(message);
      write("←", message);
    },
    log: (line) => lines.push(`log       ${line.split("\n")[0]}`),
    onShutdown: () => lines.push("kernel leaves"),
  });
  dispatcher.start();
  for (const [channel, type, content, subshell_id] of requests) {
    const message = makeMessage(sender, channel, type, content);
    if (subshell_id !== undefined) message.header.subshell_id = subshell_id;
    write("→", message);
    dispatcher.receive(message);
  }
  // Everything in this conversation is settled by microtasks.
  await new Promise((resolve) => setImmediate(resolve));
  return lines.join("\n") + "\n";
}

function check(name: string, actual: string): void {
  const file = path.join(folder, `${name}.txt`);
  if (process.env["UPDATE"] === "1") {
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, actual);
    return;
  }
  assert.ok(existsSync(file), `${file} is missing. Run with UPDATE=1, then read it.`);
  assert.equal(actual, readFileSync(file, "utf8"));
}
