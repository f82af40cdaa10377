/** Answers heartbeats on a thread of its own: front ends ask whether the process lives, not whether it is busy. */
import { parentPort, workerData } from "node:worker_threads";
import { Router } from "zeromq";
import type { HeartbeatData, HeartbeatSays } from "./heartbeat.ts";

const { address, options, ended } = workerData as HeartbeatData;
const port = parentPort!;
const say = (message: HeartbeatSays): void => port.postMessage(message);
const socket = new Router(options);
port.once("message", () => {
  socket.close();
  Atomics.store(ended, 0, 1);
  Atomics.notify(ended, 0);
});
try {
  await socket.bind(address);
  say({ bound: socket.lastEndpoint! });
} catch (error) {
  const { message, code } = error as NodeJS.ErrnoException;
  say({ failed: message, code });
}
for await (const frames of socket) await socket.send(frames).catch(() => {});
