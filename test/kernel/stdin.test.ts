/** The stdin channel, in memory. */
import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { TerminalInput } from "../../kernel/notebook/terminalInput.ts";
import { makeMessage, realEnvironment } from "../../kernel/protocol/message.ts";
import type { Header, Message } from "../../kernel/protocol/messages.ts";
import { Stdin } from "../../kernel/protocol/stdin.ts";

const sender = { session: "s", username: "u", environment: realEnvironment };

describe("stdin", () => {
  const setup = () => {
    const sent: Message[] = [];
    const log: string[] = [];
    const stdin = new Stdin({ sender, send: (message) => void sent.push(message), log: (line) => void log.push(line) });
    const gone = new AbortController();
    const { header } = makeMessage(sender, "shell", "execute_request", {});
    const ask = (prompt: string, parent = header): Promise<string> =>
      stdin.ask(parent, { prompt, password: false, default: "d", cell: 3 }, gone.signal);
    const reply = (content: object, parent: Header | Record<string, never>, session = "s"): void =>
      stdin.receive(makeMessage({ ...sender, session }, "stdin", "input_reply", content, { parent }));
    return { sent, log, ask, reply, header, gone };
  };

  it("a question has the specification's fields and the execute request as parent; ours are metadata", () => {
    const { sent, ask, header } = setup();
    void ask("name?");
    const [{ channel, header: own, content, parent_header, metadata }] = sent as [Message];
    assert.deepEqual([channel, own.msg_type, parent_header], ["stdin", "input_request", header]);
    assert.deepEqual(content, { prompt: "name?", password: false });
    assert.deepEqual(metadata, { gradbook: { default: "d", cell: 3 } });
  });
  it("answers find their question in any order", async () => {
    const { sent, ask, reply } = setup();
    const [first, second] = [ask("1"), ask("2")];
    reply({ value: "two" }, sent[1]!.header);
    reply({ value: "one" }, sent[0]!.header);
    assert.deepEqual(await Promise.all([first, second]), ["one", "two"]);
  });
  it("an answer that names the execute request is for its oldest question", async () => {
    const { ask, reply, header } = setup();
    const first = ask("1");
    void ask("2");
    reply({ value: "for the first" }, header);
    assert.equal(await first, "for the first");
  });
  it("an answer that names nothing is for the oldest question to the front end that sends it", async () => {
    const { ask, reply, log, header } = setup();
    const theirs = ask("1", { ...header, session: "other" });
    const ours = ask("2");
    reply({ value: "nobody asked" }, {}, "third");
    reply({ value: "ours" }, {});
    reply({ value: "theirs" }, {}, "other");
    assert.deepEqual(await Promise.all([theirs, ours]), ["theirs", "ours"]);
    assert.deepEqual(log, ["ignored an input_reply: no cell of its sender asks"]);
  });
  it("an answer to a cell that was stopped is not taken for the answer to the next one", async () => {
    const { sent, ask, reply, gone } = setup();
    void ask("1");
    gone.abort();
    const next = ask("2");
    reply({ value: "late" }, sent[0]!.header);
    reply({ value: "in time" }, {});
    assert.equal(await next, "in time");
  });
  it("an error is an answer, nonsense fails the question, and what nobody asked for is ignored", async () => {
    const { sent, ask, reply } = setup();
    reply({ value: "?" }, {});
    const misled = ask("0");
    reply({ values: ["a"] }, {});
    await assert.rejects(misled, /input_reply: value is missing/);
    sent.length = 0;
    const asked = ask("1");
    reply({ status: "error", ename: "Error", evalue: "closed", traceback: [] }, sent[0]!.header);
    await assert.rejects(asked, /closed/);
  });
});

describe("answers from what is piped in", () => {
  it("one line for each question, and then an error that says so", async () => {
    const [stdin, out] = [new PassThrough(), new PassThrough()];
    const terminal = new TerminalInput({ stdin: stdin as unknown as NodeJS.ReadStream, out });
    const ask = (prompt: string): Promise<string> => terminal.ask({ prompt, password: false, default: "", cell: 1 });
    stdin.end("one\ntwo\n");
    assert.deepEqual(await Promise.all([ask("a? "), ask("b? ")]), ["one", "two"]);
    await assert.rejects(ask("c? "), /standard input has no more lines; pipe one line for each question/);
    assert.equal(String(out.read()), "a? \nb? \nc? \n");
    terminal.close();
  });
});
