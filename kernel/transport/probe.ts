/** Looks at Jupyter's sockets from outside: what the zeromq package can do here, and whether a kernel answers. */
import * as zmq from "zeromq";
import { makeMessage, realEnvironment, type Sender } from "../protocol/message.ts";
import type { KernelInfo, RequestType } from "../protocol/messages.ts";
import { addressOf, type Connection } from "./connectionFile.ts";
import { Wire } from "./wire.ts";

export function zeromqBuild(): { version: string; curve: boolean } {
  return { version: zmq.version, curve: zmq.capability.curve === true };
}

/** Asks a kernel who it is, tells it to end, and returns its answer. Rejects when `signal` is aborted before both have answered. */
export async function askKernel(connection: Connection, signal: AbortSignal): Promise<KernelInfo> {
  const sender: Sender = { session: realEnvironment.newId(), username: "doctor", environment: realEnvironment };
  const ask = async (channel: "shell" | "control", port: number, type: RequestType, content: object) => {
    const wire = new Wire(connection.key, connection.signature_scheme);
    const socket = new zmq.Dealer({ linger: 0 });
    const close = (): void => socket.close();
    signal.addEventListener("abort", close);
    try {
      socket.connect(addressOf(connection, port));
      await socket.send(wire.encode(makeMessage(sender, channel, type, content)));
      for await (const frames of socket) return wire.decode(channel, frames).message.content;
      throw new Error(`no answer to ${type}`);
    } finally {
      signal.removeEventListener("abort", close);
      if (!socket.closed) close();
    }
  };
  const info = await ask("shell", connection.shell_port, "kernel_info_request", {});
  await ask("control", connection.control_port, "shutdown_request", { restart: false });
  return info as unknown as KernelInfo;
}
