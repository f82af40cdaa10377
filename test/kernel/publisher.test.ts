/** The way out on iopub, with a socket in memory: who reads gets everything, who does not keeps nobody waiting for long. */
import assert from "node:assert/strict";
import { Publisher, type PubSocket } from "../../kernel/transport/publisher.ts";
import { QuietLog } from "../../kernel/transport/quietLog.ts";

/** Like libzmq with one subscriber: a queue of `room` messages. Full, it refuses, or leaves the subscriber out. */
class FakeSocket implements PubSocket {
  noDrop = true;
  readonly queue: string[] = [];
  readonly dropped: string[] = [];
  closed = false;
  out = false;
  room: number;
  constructor(room: number) {
    this.room = room;
  }
  async send([frame]: Uint8Array[]): Promise<void> {
    if (this.closed) throw Object.assign(new Error("closed"), { code: "EBADF" });
    if (this.queue.length < this.room && !this.out) return void this.queue.push(String(frame));
    if (!this.out && this.noDrop) throw Object.assign(new Error("again"), { code: "EAGAIN" });
    this.out = true;
    this.dropped.push(String(frame));
  }
}
const frame = (i: number): Uint8Array[] => [Buffer.from(String(i))];
const numbers = (n: number): string[] => Array.from({ length: n }, (_, i) => String(i));

describe("iopub: back-pressure", function () {
  this.timeout(20_000);

  it("a client that reads slowly gets every message, in order", async () => {
    const socket = new FakeSocket(3);
    const got: string[] = [];
    const reads = setInterval(() => got.push(...socket.queue.splice(0, 2)), 2);
    const publisher = new Publisher(socket, assert.fail);
    for (let i = 0; i < 200; i++) void publisher.send(frame(i));
    await publisher.sent;
    clearInterval(reads);
    assert.deepEqual([...got, ...socket.queue], numbers(200));
    assert.deepEqual([socket.dropped, publisher.leftBehind], [[], false]);
  });

  it("a client that does not read loses messages, is named once in the log, and keeps the others waiting once", async () => {
    const socket = new FakeSocket(3);
    const log: string[] = [];
    const publisher = new Publisher(socket, (line) => log.push(line));
    for (let i = 0; i < 500; i++) void publisher.send(frame(i));
    await publisher.sent;
    assert.deepEqual(socket.queue, numbers(3));
    assert.equal(socket.dropped.length, 497);
    assert.equal(log.length, 1);
    assert.match(log[0]!, /a client does not read/);
    assert.deepEqual([publisher.leftBehind, socket.noDrop], [true, true]);
    // It reads again, and gets what comes from then on.
    socket.queue.length = 0;
    socket.out = false;
    await publisher.send(frame(500));
    assert.deepEqual(socket.queue, ["500"]);
  });

  it("the package's warning about the option is not shown, others are", async () => {
    const { emitWarning } = process;
    const warned: unknown[] = [];
    process.emitWarning = ((text: unknown) => warned.push(text)) as typeof process.emitWarning;
    try {
      const socket = new FakeSocket(0);
      const warning = process.emitWarning;
      Object.defineProperty(socket, "noDrop", {
        get: () => !socket.out,
        set: (on) => (process.emitWarning("late"), (socket.out = !on)),
      });
      await new Publisher(socket, () => {}).send(frame(0));
      assert.equal(process.emitWarning, warning);
      assert.deepEqual(warned, []);
    } finally {
      process.emitWarning = emitWarning;
    }
  });

  it("a socket that was closed takes nothing and throws nothing", async () => {
    const socket = new FakeSocket(3);
    socket.closed = true;
    await new Publisher(socket, assert.fail).send(frame(0));
  });
});

describe("a log that cannot be filled from outside", () => {
  it("writes the first lines of a kind, then how many more there were, then begins anew", async () => {
    const written: string[] = [];
    const log = new QuietLog({ write: (line) => written.push(line), lines: 2, everyMs: 20 });
    for (let i = 0; i < 1000; i++) log.write("dropped", `dropped ${i}`);
    log.write("other", "other 0");
    assert.deepEqual(written, ["dropped 0", "dropped 1", "other 0"]);
    while (written.length < 4) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(written[3], "dropped: 998 more in the last 0.02 s");
    log.write("dropped", "dropped again");
    assert.deepEqual(written.slice(4), ["dropped again"]);
  });
});
