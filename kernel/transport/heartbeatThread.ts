/** Answers heartbeats on a thread of its own: front ends ask whether the process lives, not whether it is busy. */
import { parentPort, workerData } from "node:worker_threads";
import { Router } from "zeromq";

export interface HeartbeatData {
  address: string;
  curve: { curveServer?: boolean; curvePublicKey?: string; curveSecretKey?: string };
}

const { address, curve } = workerData as HeartbeatData;
const socket = new Router({ linger: 0, handover: true, ...curve });
await socket.bind(address);
// Ended from outside with its socket open, the thread would take the process with it.
parentPort!.once("message", () => socket.close());
for await (const frames of socket) await socket.send(frames).catch(() => {});
