/** The files behind sockets of transport "ipc": `<ip>-<port>`, as jupyter_client names them. */
import { chmodSync, existsSync, rmSync } from "node:fs";
import { connect } from "node:net";

/** A number that no file has yet; `taken` are on their way. */
export function freeNumber(ip: string, taken: readonly number[]): number {
  let port = 1;
  while (taken.includes(port) || existsSync(`${ip}-${port}`)) port++;
  return port;
}

/** ZeroMQ takes a path away from whoever listens there. Rejects when somebody does; a file that is left over is no obstacle. */
export async function refuseInUse(file: string): Promise<void> {
  const answered = await new Promise<boolean>((resolve) => {
    const socket = connect(file, () => resolve(true));
    socket.on("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
  if (answered) throw new Error("another program listens there");
}

/** Whoever can open the socket can talk to the kernel. */
export function keepPrivate(file: string): void {
  chmodSync(file, 0o600);
}

/** ZeroMQ removes them when it closes its sockets; this is for an end without that. */
export function removeSockets(files: readonly string[]): void {
  for (const file of files) rmSync(file, { force: true });
}
