/**
 * Conversations with the dispatcher, in memory: what goes in, what comes out, in order. A transcript that is missing
 * fails; UPDATE=1 writes it.
 */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Dispatcher } from "../../kernel/protocol/dispatch.ts";
import { History } from "../../kernel/protocol/history.ts";
import { makeMessage, type Sender } from "../../kernel/protocol/message.ts";
import type { Header, Message } from "../../kernel/protocol/messages.ts";
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
      if (code === "page")
        return Promise.resolve({ status: "ok", userExpressions: {}, pages: [{ "text/plain": "long" }] });
      if (code === "break") return Promise.reject(new Error("a fault of ours"));
      return Promise.resolve({ status: "ok", userExpressions: {}, ...(code ? { value: { "text/plain": code } } : {}) });
    },
    ask: (question) => Promise.resolve(question),
    comm: ({ target_name, comm_id }) => Promise.resolve(target_name === "known" || comm_id === "open"),
    language: ({ method, params }) => {
      if (method === "notebook/open") return Promise.resolve(null);
      if (method === "text/isComplete") {
        if (params.text === "broken") return Promise.reject(new Error("the language service broke down"));
        return Promise.resolve(
          params.text.endsWith("{") ? { status: "incomplete", indent: "  " } : { status: "complete" },
        );
      }
      if (method === "text/hover") return Promise.resolve(params.text === "" ? null : { plain: "a", markdown: "*a*" });
      if (method !== "text/completion") return Promise.reject(new Error(`${method}: no such cell`));
      const items = [{ text: params.text.slice(0, params.offset), type: "function" }];
      return Promise.resolve({ items, start: params.offset - 1, end: params.offset });
    },
    debug: ({ seq, command }) => {
      return Promise.resolve({ type: "response", seq: 1, request_seq: seq, command, success: true, body: {} });
    },
    interrupt: () => stop(failed("Interrupted")),
    shutdown: () => Promise.resolve(),
    memory: () => ({ rss: 0, heapUsed: 0 }),
  };
}

type Request = [channel: "shell" | "control", type: string, content: object, subshell_id?: string];
/** Requests follow each other at once; "then" waits for the answers. */
const conversations: { [name: string]: (Request | "then")[] } = {
  "kernel-info": [["shell", "kernel_info_request", {}]],
  "execute-value": [["shell", "execute_request", { code: "1" }]],
  "execute-nothing": [["shell", "execute_request", { code: "" }]],
  "execute-error": [["shell", "execute_request", { code: "fail" }]],
  "execute-silent": [
    ["shell", "execute_request", { code: "1", silent: true }],
    ["shell", "execute_request", { code: "fail", silent: true }],
    ["shell", "execute_request", { code: "2" }],
  ],
  "execute-page": [["shell", "execute_request", { code: "page" }]],
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
  "interrupt-then-a-cell": [
    ["shell", "execute_request", { code: "wait" }],
    ["control", "interrupt_request", {}],
    ["shell", "execute_request", { code: "1" }],
  ],
  "fault-of-ours": [["shell", "execute_request", { code: "break" }]],
  history: [
    ["shell", "execute_request", { code: "a = 1" }],
    ["shell", "execute_request", { code: "b" }],
    ["shell", "execute_request", { code: "hidden", store_history: false }],
    ["shell", "execute_request", { code: "a = 1" }],
    "then",
    ["shell", "history_request", { hist_access_type: "tail", n: 2, output: false, raw: true }],
    ["shell", "history_request", { hist_access_type: "tail", n: 1, output: true, raw: true }],
    ["shell", "history_request", { hist_access_type: "range", session: 0, start: 2, stop: 3 }],
    ["shell", "history_request", { hist_access_type: "range", session: -1, start: 1, stop: null }],
    ["shell", "history_request", { hist_access_type: "search", pattern: "a*[0-9]" }],
    ["shell", "history_request", { hist_access_type: "search", pattern: "a*", unique: true }],
    ["shell", "history_request", { hist_access_type: "search", pattern: "?", n: 0 }],
  ],
  "comm-info": [
    ["shell", "comm_info_request", {}],
    ["control", "comm_info_request", { target_name: null }],
  ],
  connect: [["shell", "connect_request", {}]],
  "busy-while-a-cell-runs": [
    ["shell", "execute_request", { code: "wait" }],
    ["shell", "complete_request", { code: "a" }],
    ["control", "kernel_info_request", {}],
    ["control", "interrupt_request", {}],
  ],
  nonsense: [
    ["shell", "execute_request", {}],
    "then",
    ["shell", "execute_request", { code: 1 }],
    "then",
    ["shell", "execute_request", { code: "1", silent: "yes" }],
    "then",
    ["shell", "execute_request", { code: "1", user_expressions: { a: 1 } }],
    "then",
    ["shell", "execute_request", { code: "1", user_expressions: [], allow_stdin: {} }],
    ["shell", "complete_request", { code: "a", cursor_pos: -1 }],
    ["shell", "inspect_request", { code: ["a"], cursor_pos: 0 }],
    ["shell", "inspect_request", { code: "a", cursor_pos: 0, detail_level: 2 }],
    ["shell", "is_complete_request", { code: null }],
    ["shell", "history_request", { hist_access_type: "all" }],
    ["shell", "history_request", { hist_access_type: "tail", n: "x".repeat(1000) }],
    ["shell", "comm_info_request", { target_name: 7 }],
    ["control", "shutdown_request", { restart: "no" }],
    ["control", "gradbook_language_request", { method: {} }],
    "then",
    ["shell", "execute_request", { code: "1", silent: null, user_expressions: null, from_the_future: [] }],
  ],
  "is-complete": [
    ["shell", "is_complete_request", { code: "1" }],
    ["shell", "is_complete_request", { code: "if (x) {" }],
    ["shell", "is_complete_request", { code: "broken" }],
  ],
  "unknown-type": [
    ["shell", "no_such_request", {}],
    ["shell", "execute_request", { code: "1" }],
  ],
  debug: [["control", "debug_request", { type: "request", seq: 5, command: "initialize", arguments: {} }]],
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
  "shutdown-on-shell": [
    ["shell", "execute_request", { code: "wait" }],
    ["shell", "execute_request", { code: "1" }],
    ["shell", "shutdown_request", {}],
  ],
};

describe("protocol", () => {
  for (const [name, requests] of Object.entries(conversations)) {
    it(`transcript ${name}`, async () => check(name, await converse(requests)));
  }

  it("every request has busy, one reply and idle at its end, whatever its handler does", async () => {
    for (const [name, steps] of Object.entries(conversations)) {
      // A shutdown ends the cell that runs in a real session only.
      if (name === "shutdown-on-shell") continue;
      const sent: Message[] = [];
      await converse(steps, sent);
      const by = Map.groupBy(sent, ({ parent_header }) => (parent_header as { msg_id?: string }).msg_id);
      by.delete(undefined);
      const known = steps.filter((step) => step !== "then" && step[1] !== "no_such_request").length;
      assert.equal(by.size, known, `${name}: requests`);
      for (const messages of by.values()) {
        const states = messages.flatMap(({ content }) => (content["execution_state"] as string | undefined) ?? []);
        // A cell that runs is said to be busy again when another request has ended beside it.
        assert.match(states.join(" "), /^(busy )+idle$/, name);
        assert.deepEqual(messages.at(-1)!.content, { execution_state: "idle" }, name);
        const replies = messages.filter(({ channel }) => channel !== "iopub");
        const { msg_type } = messages[0]!.parent_header as Header;
        // Comms have no reply.
        assert.equal(replies.length, /^comm_(open|msg|close)$/.test(msg_type) ? 0 : 1, `${name}: replies`);
      }
    }
  });

  it("what came last says busy as long as a cell runs", async () => {
    const sent: Message[] = [];
    await converse(conversations["busy-while-a-cell-runs"]!.slice(0, -1), sent);
    const last = sent.findLast(({ header }) => header.msg_type === "status")!;
    assert.deepEqual(last.content, { execution_state: "busy" });
  });

  it("a pattern of a thousand stars is searched for in no time", () => {
    const history = new History();
    history.add({ line: 1, input: "a".repeat(100_000), output: undefined });
    assert.deepEqual(history.search("*a".repeat(1000) + "b", undefined, false), []);
  });

  const globs: [pattern: string, input: string, found: boolean][] = [
    ["*", "", true],
    ["?", "😀", true],
    ["a?c", "abc", true],
    ["a?c", "ac", false],
    ["*b*d", "abcd", true],
    ["*b*d", "abcde", false],
    ["[a-c]x", "bx", true],
    ["[^a-c]x", "bx", false],
    ["6 [*] 7", "6 * 7", true],
    ["6 [*] 7", "6 x 7", false],
    ["[", "[", true],
    ["f(x) + $^.", "f(x) + $^.", true],
    ["line*", "line\nline", true],
  ];
  for (const [pattern, input, found] of globs) {
    it(`history: ${JSON.stringify(pattern)} ${found ? "finds" : "does not find"} ${JSON.stringify(input)}`, () => {
      const history = new History();
      history.add({ line: 1, input, output: undefined });
      assert.equal(history.search(pattern, undefined, false).length, found ? 1 : 0);
    });
  }

  it("message ids are unique, parents are the requests", async () => {
    const sent: Message[] = [];
    await converse(conversations["error-cancels-queue"]!, sent);
    assert.equal(new Set(sent.map((m) => m.header.msg_id)).size, sent.length);
    const parents = new Set(sent.slice(1).map((m) => (m.parent_header as { msg_id: string }).msg_id));
    assert.equal(parents.size, 3);
  });
});

async function converse(steps: (typeof conversations)[string], sent: Message[] = []): Promise<string> {
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
  for (const step of steps) {
    if (step === "then") {
      await settled();
      continue;
    }
    const [channel, type, content, subshell_id] = step;
    const message = makeMessage(sender, channel, type, content);
    if (subshell_id !== undefined) message.header.subshell_id = subshell_id;
    write("→", message);
    dispatcher.receive(message);
  }
  await settled();
  return lines.join("\n") + "\n";
}

/** Everything in these conversations is settled by microtasks. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

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
