/** Comms in a real kernel: both ways, with bytes; what handlers print, how they fail, and how they are stopped. */
import assert from "node:assert/strict";
import type { Message } from "../../kernel/protocol/messages.ts";
import { KernelUnderTest } from "./kernelUnderTest.ts";

/** `type content`, less the status and what is empty. */
function said(messages: readonly Message[]): string[] {
  return messages
    .filter(({ header }) => header.msg_type !== "status")
    .map(({ header, content, buffers }) => {
      const { comm_id: _id, ...rest } = content;
      const bytes = buffers ? ` + ${buffers.map((each) => `[${each.join()}]`).join()}` : "";
      return `${header.msg_type} ${JSON.stringify(rest["data"] ?? rest["text"] ?? rest["evalue"] ?? rest)}${bytes}`;
    });
}
const statuses = (messages: readonly Message[]): unknown[] =>
  messages.filter(({ header }) => header.msg_type === "status").map(({ content }) => content["execution_state"]);

describe("comms", function () {
  this.timeout(60_000);
  let kernel: KernelUnderTest;
  before(async () => void (kernel = await KernelUnderTest.started()));
  after(() => kernel.stop());

  /** Opens a comm to code of a cell; returns its id and what that caused. */
  let ids = 0;
  async function open(handler: string, data: object = {}): Promise<{ comm_id: string; opened: Message[] }> {
    const target_name = `target-${++ids}`;
    await kernel.value(`comms.register(${JSON.stringify(target_name)}, ${handler}); void 0`);
    const comm_id = `comm-${ids}`;
    return { comm_id, opened: await kernel.comm("comm_open", { comm_id, target_name, data }) };
  }
  const info = async (): Promise<{ [id: string]: object }> => {
    const reply = await kernel.client.request("comm_info_request", {}).reply;
    assert.equal(reply.status, "ok");
    return (reply as { comms: { [id: string]: object } }).comms;
  };

  describe("what comes of a front end's message", () => {
    const table: { name: string; handler: string; send: object; buffers?: Uint8Array[]; said: (string | RegExp)[] }[] =
      [
        {
          name: "data and bytes come, and go back changed",
          handler:
            "(comm) => void comm.onMessage(({ data, buffers }) => comm.send({ n: data.n + 1 }, buffers.map((b) => b.map((x) => 2 * x))))",
          send: { n: 1 },
          buffers: [new Uint8Array([1, 2, 3]), new Uint8Array()],
          said: ['comm_msg {"n":2} + [2,4,6],[]'],
        },
        {
          name: "what a handler prints and shows has the message as parent",
          handler: "(comm) => void comm.onMessage(({ data }) => { console.log('got', data.n); display(data.n + 1) })",
          send: { n: 1 },
          said: ['stream "got 1\\n"', 'display_data {"text/plain":"2"}'],
        },
        {
          name: "an error in a handler is shown, and the other handlers run",
          handler:
            "(comm) => { comm.onMessage(() => { throw new RangeError('too far') }); comm.onMessage(() => console.log('second')) }",
          send: {},
          said: ['error "too far"', 'stream "second\\n"'],
        },
        {
          name: "handlers of one comm are called in the order in which they were added, and one that was taken away is not",
          handler:
            "(comm) => { const off = comm.onMessage(() => console.log(1)); comm.onMessage(() => console.log(2)); comm.onMessage(() => console.log(3)); off() }",
          send: {},
          said: ['stream "2\\n"', 'stream "3\\n"'],
        },
        {
          name: "a view of a larger memory sends its own bytes only",
          handler:
            "(comm) => void comm.onMessage(() => comm.send({}, [new Float32Array(new SharedArrayBuffer(64), 8, 1)]))",
          send: {},
          said: ["comm_msg {} + [0,0,0,0]"],
        },
        {
          name: "what a handler sends is as it was then, whatever becomes of the object",
          handler: "(comm) => void comm.onMessage(() => { const data = { n: 1 }; comm.send(data); data.n = 2 })",
          send: {},
          said: ['comm_msg {"n":1}'],
        },
        {
          name: "data that is no JSON is refused by name",
          handler: "(comm) => void comm.onMessage(() => comm.send({ n: 1n }))",
          send: {},
          said: [/error "comm.send: data must be an object of JSON values, and this is none/],
        },
      ];
    for (const { name, handler, send, buffers, said: wanted } of table) {
      it(name, async () => {
        const { comm_id } = await open(handler);
        const caused = await kernel.comm("comm_msg", { comm_id, data: send }, buffers);
        const shown = said(caused);
        assert.equal(shown.length, wanted.length, shown.join("\n"));
        wanted.forEach((one, i) =>
          typeof one === "string" ? assert.equal(shown[i], one) : assert.match(shown[i]!, one),
        );
        assert.deepEqual(statuses(caused), ["busy", "idle"]);
        assert.deepEqual(
          [caused[0], caused.at(-1)].map((one) => one!.header.msg_type),
          ["status", "status"],
        );
      });
    }
  });

  it("a target gets what the comm was opened with, and may answer at once", async () => {
    const { opened, comm_id } = await open("(comm, { data }) => comm.send({ hello: data.name })", { name: "Ada" });
    assert.deepEqual(said(opened), ['comm_msg {"hello":"Ada"}']);
    assert.deepEqual((await info())[comm_id], { target_name: `target-${ids}` });
  });

  it("a target that nobody registered is closed at once, and so is one whose code fails", async () => {
    const unknown = await kernel.comm("comm_open", { comm_id: "u", target_name: "nobody" });
    assert.deepEqual(said(unknown), ["comm_close {}"]);
    const { opened, comm_id } = await open("() => { throw new Error('not today') }");
    assert.deepEqual(said(opened), ["comm_close {}", 'error "not today"']);
    assert.ok(!(comm_id in (await info())) && !("u" in (await info())));
  });

  it("a target that an earlier cell is about to register is waited for, and what is sent to it too", async () => {
    const cell = kernel.start(
      "await new Promise((r) => setTimeout(r, 50)); comms.register('soon', (comm, { data }) => { console.log(data.n); comm.onMessage(({ data }) => console.log(data.n)) })",
    );
    const opened = kernel.comm("comm_open", { comm_id: "soon", target_name: "soon", data: { n: 1 } });
    const told = kernel.comm("comm_msg", { comm_id: "soon", data: { n: 2 } });
    assert.deepEqual(said(await opened), ['stream "1\\n"']);
    assert.deepEqual(said(await told), ['stream "2\\n"']);
    await cell.result;
  });

  it("messages to a comm that is not open are ignored, and the log says so", async () => {
    assert.deepEqual(said(await kernel.comm("comm_msg", { comm_id: "gone", data: {} })), []);
    await kernel.logged('ignored a comm_msg for the comm "gone", which is not open');
  });

  it("a comm that the front end closes calls onClose once, sends nothing more and is no longer listed", async () => {
    const { comm_id } = await open(
      "(comm) => { globalThis.closing = comm; comm.onClose(({ data }) => console.log('closed', data.why)); comm.onMessage(() => console.log('no')) }",
    );
    const closed = await kernel.comm("comm_close", { comm_id, data: { why: "done" } });
    assert.deepEqual(said(closed), ['stream "closed done\\n"']);
    assert.deepEqual(said(await kernel.comm("comm_msg", { comm_id })), []);
    const { publications } = await kernel.run("closing.send({ n: 1 }); closing.close(); void closing.closed");
    assert.deepEqual(said(publications).slice(1), []);
    assert.ok(!(comm_id in (await info())));
  });

  it("a cell opens, sends and closes, with itself as parent", async () => {
    const { publications } = await kernel.run(
      "const mine = comms.open('front', { a: 1 }, [new Uint8Array([7])], { version: '1' }); mine.send({ b: 2 }, [new Uint8Array([8])]); mine.close({ c: 3 }); void 0",
    );
    assert.deepEqual(said(publications).slice(1), [
      'comm_open {"a":1} + [7]',
      'comm_msg {"b":2} + [8]',
      'comm_close {"c":3}',
    ]);
    const opened = publications.find(({ header }) => header.msg_type === "comm_open")!;
    assert.deepEqual([opened.content["target_name"], opened.metadata], ["front", { version: "1" }]);
  });

  for (const [name, code, error] of [
    [
      "a target without a name",
      "comms.open('')",
      /comms.open: the target must be a name like "my.target", got an empty one/,
    ],
    ["a handler that is none", "comms.register('x', 3)", /comms.register: needs a function that is called, got number/],
    ["data that is a list", "comms.open('x', [1])", /comms.open: data must be an object of JSON values, got an array/],
    [
      "buffers that are none",
      "comms.open('x', {}, [3])",
      /buffers\[0\] must be a typed array or an ArrayBuffer, got number/,
    ],
  ] as const) {
    it(`refused: ${name}`, async () => assert.rejects(kernel.value(code), error));
  }

  describe("beside a cell that runs", () => {
    for (const [name, step] of [
      ["waits for a timer", "await new Promise((r) => setTimeout(r, 1))"],
      ["waits for what is there already", "await 0"],
      ["waits in a function", "await (async () => 1)()"],
      ["goes through what comes later", "for await (const x of [1, 2, 3]) void x"],
    ] as const) {
      it(`a handler runs between the steps of a loop that ${name}`, async () => {
        const { comm_id } = await open("(comm) => void comm.onMessage(({ data }) => { globalThis.told = data.n })");
        await kernel.value("globalThis.told = 0; void 0");
        const cell = kernel.start(`console.log('goes'); while (told < 2) { ${step} }\n'over'`);
        await cell.printed("goes");
        for (const n of [1, 2]) await kernel.comm("comm_msg", { comm_id, data: { n } });
        assert.equal((await cell.result).value, "'over'");
      });
    }

    it("a loop that never awaits keeps handlers waiting, in order, until it ends", async () => {
      const { comm_id } = await open(
        "(comm) => void comm.onMessage(({ data }) => { (globalThis.seen ??= []).push(data.n) })",
      );
      const cell = kernel.start(
        "console.log('goes'); { const end = Date.now() + 300; while (Date.now() < end); }\nglobalThis.seen",
      );
      await cell.printed("goes");
      const told = [1, 2, 3, 4].map((n) => kernel.comm("comm_msg", { comm_id, data: { n } }));
      assert.equal((await cell.result).value, undefined);
      await Promise.all(told);
      assert.equal(await kernel.value("seen"), "[ 1, 2, 3, 4 ]");
    });

    it("the cell is said to be busy again when the handler has returned", async () => {
      const { comm_id } = await open("(comm) => void comm.onMessage(() => { globalThis.go = true })");
      await kernel.value("globalThis.go = false; void 0");
      const cell = kernel.start("console.log('goes'); while (!go) await new Promise((r) => setTimeout(r, 1))");
      await cell.printed("goes");
      await kernel.comm("comm_msg", { comm_id });
      const { publications } = await cell.result;
      assert.deepEqual(statuses(publications).slice(0, 2), ["busy", "busy"]);
    });
  });

  describe("stopped", () => {
    it("an endless handler, while no cell runs: what it has changed is kept", async () => {
      const { comm_id } = await open(
        "(comm) => void comm.onMessage(() => { globalThis.count = 0; console.log('turns'); for (;;) count++ })",
      );
      const caused = kernel.comm("comm_msg", { comm_id });
      await kernel.published(({ content }) => content["text"] === "turns\n");
      await kernel.client.interrupt();
      assert.match(said(await caused).at(-1)!, /^error "stopped by the user; variables are kept"/);
      assert.equal(await kernel.value("count > 0"), "true");
    });

    it("an endless handler beside a cell that awaits: both stop, and the session goes on", async () => {
      const { comm_id } = await open("(comm) => void comm.onMessage(() => { console.log('spins'); for (;;); })");
      const cell = kernel.start("console.log('goes'); for (;;) await new Promise((r) => setTimeout(r, 1))");
      await cell.printed("goes");
      const caused = kernel.comm("comm_msg", { comm_id });
      await kernel.published(({ content }) => content["text"] === "spins\n");
      await kernel.client.interrupt();
      assert.equal(((await cell.result).reply as { ename: string }).ename, "Interrupted");
      assert.match(said(await caused).at(-1)!, /stopped by the user/);
      assert.equal(await kernel.value("1 + 1"), "2");
    });

    it("a handler in code that answers nothing is ended, says so, and its message has an end", async () => {
      const { comm_id } = await open(
        "(comm) => void comm.onMessage(() => { console.log('deep'); new Function('for (;;);')() })",
      );
      const caused = kernel.comm("comm_msg", { comm_id });
      await kernel.published(({ content }) => content["text"] === "deep\n");
      await kernel.client.interrupt();
      assert.match(said(await caused).at(-1)!, /a handler was ended in code that does not answer/);
      assert.equal(await kernel.value("count > 0"), "true");
    });

    it("a handler that awaits is background work: an interrupt ends it and says so", async () => {
      const { comm_id } = await open(
        "(comm) => void comm.onMessage(async () => { console.log('waits'); await new Promise(() => {}) })",
      );
      const [message] = await kernel.comm("comm_msg", { comm_id });
      await kernel.client.interrupt();
      const told = await kernel.published(
        ({ header, parent_header, content }) =>
          header.msg_type === "stream" &&
          (parent_header as { msg_id: string }).msg_id === (message!.parent_header as { msg_id: string }).msg_id &&
          content["name"] === "stderr",
      );
      assert.match(String(told.content["text"]), /stopped 1 wait of this cell/);
    });

    it("a promise that fails in a handler is shown with the message as parent", async () => {
      const { comm_id } = await open(
        "(comm) => void comm.onMessage(async () => { await new Promise((r) => setTimeout(r, 1)); throw new Error('late') })",
      );
      const [message] = await kernel.comm("comm_msg", { comm_id });
      const error = await kernel.published(
        ({ header, content }) => header.msg_type === "error" && content["evalue"] === "late",
      );
      assert.deepEqual(error.parent_header, message!.parent_header);
    });
  });

  it("a session that is lost closes every comm that was open", async () => {
    const open_ = Object.keys(await info());
    assert.ok(open_.length > 0);
    const before = kernel.all("comm_close").length;
    await kernel.run("process.exit(0)");
    const closed = kernel
      .all("comm_close")
      .slice(before)
      .map(({ content }) => content["comm_id"]);
    assert.deepEqual(closed.sort(), open_.sort());
    assert.deepEqual(await info(), {});
    assert.equal(await kernel.value("1 + 1"), "2");
  });
});
