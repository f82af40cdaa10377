/**
 * Sends multipart messages to a real kernel, and says what it should not have done: end, hang, execute what was not signed, execute
 * a message twice, answer a request twice or never, let its log or its memory be filled.
 */
import { readFileSync } from "node:fs";
import net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import * as zmq from "zeromq";
import { Random } from "./random.ts";
import { WireKernel } from "./wireKernel.ts";
import { CHANNELS, fuzzMessage } from "./wireMessages.ts";

/** After so many messages a good request must be answered. */
const ROUND = 250;
const REPLIES_MS = 60_000;

export interface WireSummary {
  messages: number;
  kinds: { [kind: string]: number };
  /** Good requests, each answered. */
  answered: number;
  /** Requests of the fuzz that were signed and made sense. */
  due: number;
  logLines: number;
  /** Of the kernel's process, in bytes. */
  memory: { before: number; after: number };
  failures: string[];
}

export async function fuzzWire({
  messages,
  seed,
  onProgress = () => {},
}: {
  messages: number;
  seed: number;
  onProgress?(sofar: WireSummary): void;
}): Promise<WireSummary> {
  const kernel = new WireKernel();
  const summary: WireSummary = {
    ...{ messages: 0, kinds: {}, answered: 0, due: 0, logLines: 0, memory: { before: 0, after: 0 }, failures: [] },
  };
  try {
    await kernel.ready();
    const good = kernel.connect();
    const listener = new zmq.Subscriber({ linger: 0 });
    listener.connect(kernel.address("iopub"));
    listener.subscribe("");
    void drain(listener);
    await kernel.ask(good.shell, "execute_request", { code: "const forged: number[] = []; let replayed = 0;" });
    summary.memory.before = memoryOf(kernel.pid);
    const due: string[] = [];
    let clients = kernel.connect();
    while (summary.messages < messages && summary.failures.length === 0) {
      for (let n = 0; n < ROUND && summary.messages < messages; n++) {
        const own = seed + summary.messages++;
        const { kind, channel, frames, due: id } = fuzzMessage(own, kernel.key, `forged.push(${own})`);
        summary.kinds[kind] = (summary.kinds[kind] ?? 0) + 1;
        if (id !== undefined) due.push(id);
        // A message of no frames cannot be sent: one empty frame is the least.
        await clients[channel].send(frames.length > 0 ? frames : [Buffer.alloc(0)]);
        // Some come a second time, also by somebody else.
        if (own % 11 === 0) await good[channel].send(frames.length > 0 ? frames : [Buffer.alloc(0)]);
      }
      const random = new Random(seed + summary.messages);
      await Promise.all([bareBytes(kernel, random), subscriptions(kernel, random)]);
      try {
        for (const channel of ["shell", "control"] as const) {
          await kernel.ask(clients[channel], "kernel_info_request");
          await kernel.ask(good[channel], "kernel_info_request");
          summary.answered += 2;
        }
        const forged = await kernel.value(good.shell, "JSON.stringify(forged)");
        if (forged !== "'[]'") summary.failures.push(`executed without a signature: seeds ${forged}`);
        summary.failures.push(...(await repliesOf(kernel, due.splice(0))));
        summary.due = kernel.replies.size;
      } catch (error) {
        summary.failures.push(`near seed ${seed + summary.messages}: ${(error as Error).message}`);
        break;
      }
      // Clients come and go, with names of any kind.
      kernel.disconnect(Object.values(clients));
      // Beside letters also what is no UTF-8; ZeroMQ has the names that begin with 0 for itself.
      const name = String.fromCharCode(...random.times(1 + random.below(60), () => 1 + random.below(127)));
      clients = kernel.connect(random.chance(0.5) ? name : undefined);
      summary.memory.after = memoryOf(kernel.pid);
      summary.logLines = kernel.log.split("\n").length;
      onProgress(summary);
    }
    listener.close();
    if (/terminate called|unhandled|Node\.js v\d/i.test(kernel.log)) {
      summary.failures.push(`the kernel's log has an error of its own:\n${kernel.log.slice(-4000)}`);
    }
    if (kernel.exit) summary.failures.push(`the kernel has ended: ${kernel.exit}`);
    return summary;
  } finally {
    await kernel.stop();
  }
}

/** Each request that is due has one reply: not none, and not two. */
async function repliesOf(kernel: WireKernel, due: readonly string[]): Promise<string[]> {
  const missing = (): string[] => due.filter((id) => !kernel.replies.has(id));
  for (const began = performance.now(); missing().length > 0 && performance.now() - began < REPLIES_MS;) await sleep(5);
  const twice = due.filter((id) => kernel.replies.get(id)! > 1);
  return [
    ...missing().map((id) => `${id} had no reply`),
    ...twice.map((id) => `${id} had ${kernel.replies.get(id)} replies`),
  ];
}

/** What is no ZeroMQ at all, on every port. */
async function bareBytes(kernel: WireKernel, random: Random): Promise<void> {
  const channels = [...CHANNELS, "hb", "iopub"] as const;
  await Promise.all(
    channels.map((channel) => {
      const greeting = random.chance(0.5) ? [0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3] : [];
      const bytes = Buffer.from([...greeting, ...random.times(random.below(300), () => random.below(256))]);
      return new Promise<void>((resolve) => {
        const socket = net.connect(Number(new URL(kernel.address(channel)).port), "127.0.0.1", () =>
          socket.end(bytes, () => socket.destroy()),
        );
        socket.on("close", () => resolve()).on("error", () => {});
      });
    }),
  );
}

async function subscriptions(kernel: WireKernel, random: Random): Promise<void> {
  const socket = new zmq.XSubscriber({ linger: 0 });
  socket.connect(kernel.address("iopub"));
  for (let n = random.below(5); n > 0; n--) {
    await socket.send(
      Buffer.from(random.times(random.below(400), (i) => (i === 0 ? random.below(3) : random.below(256)))),
    );
  }
  socket.close();
}

async function drain(socket: zmq.Subscriber): Promise<void> {
  for await (const _ of socket);
}

/** 0 where the system does not say it without a program. */
function memoryOf(pid: number): number {
  if (process.platform !== "linux") return 0;
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
}
