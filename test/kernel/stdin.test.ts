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
    const stdin = new Stdin(sender, (message) => void sent.push(message));
    const { header } = makeMessage(sender, "shell", "execute_request", {});
    const ask = (prompt: string): Promise<string> =>
      stdin.ask(header, { prompt, password: false, default: "d", cell: 3 });
    const reply = (content: object, parent: Header | Record<string, never>): void =>
      stdin.receive(makeMessage(sender, "stdin", "input_reply", content, { parent }));
    return { sent, ask, reply, header };
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
  it("an answer that names another parent is for the oldest question", async () => {
    const { ask, reply, header } = setup();
    const first = ask("1");
    void ask("2");
    reply({ value: "for the first" }, header);
    assert.equal(await first, "for the first");
  });
  it("an error is an answer; one that nobody asked for is ignored", async () => {
    const { sent, ask, reply } = setup();
    reply({ value: "?" }, {});
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
