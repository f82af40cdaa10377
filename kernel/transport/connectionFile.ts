/**
 * The file by which a front end tells a kernel where to listen.
 *
 * Source: jupyter_client, docs/kernels.rst, "Connection files".
 */
import { chmodSync, readFileSync, statSync } from "node:fs";

export const CHANNEL_PORTS = ["shell_port", "control_port", "iopub_port", "stdin_port", "hb_port"] as const;

export interface Connection {
  transport: "tcp" | "ipc";
  /** Address for tcp, path for ipc. */
  ip: string;
  shell_port: number;
  control_port: number;
  iopub_port: number;
  stdin_port: number;
  hb_port: number;
  key: string;
  signature_scheme: string;
  /** Z85 keys of CurveZMQ; with them nothing may go in plain text. */
  curve?: { publicKey: string; secretKey: string };
}

/** @throws Error which names the file, the field and what is needed. */
export function readConnectionFile(file: string): Connection {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new Error(
      `The connection file ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}).`,
    );
  }
  keepPrivate(file);
  try {
    return parseConnection(JSON.parse(text));
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`The connection file ${file} makes no sense: ${message}`);
  }
}

export function parseConnection(value: unknown): Connection {
  if (typeof value !== "object" || value === null) throw new Error("it holds no JSON object.");
  const given = value as { [name: string]: unknown };
  const transport = given["transport"] ?? "tcp";
  if (transport !== "tcp" && transport !== "ipc") {
    throw new Error(`transport is ${JSON.stringify(transport)}; "tcp" and "ipc" are possible.`);
  }
  const text = (name: string, otherwise?: string): string => {
    const found = given[name] ?? otherwise;
    if (typeof found !== "string") throw new Error(`${name} must be a string, got ${JSON.stringify(found)}.`);
    return found;
  };
  const port = (name: string): number => {
    const found = given[name];
    if (
      typeof found !== "number" ||
      !Number.isInteger(found) ||
      found < (transport === "tcp" ? 1 : 0) ||
      found > 65535
    ) {
      throw new Error(`${name} must be a port, got ${JSON.stringify(found)}.`);
    }
    return found;
  };
  const [shell_port, control_port, iopub_port, stdin_port, hb_port] = CHANNEL_PORTS.map(port) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const publicKey = given["curve_publickey"];
  const secretKey = given["curve_secretkey"];
  if ((publicKey === undefined) !== (secretKey === undefined)) {
    throw new Error("curve_publickey and curve_secretkey belong together.");
  }
  return {
    ...{ transport, ip: text("ip", "127.0.0.1"), shell_port, control_port, iopub_port, stdin_port, hb_port },
    key: text("key", ""),
    signature_scheme: text("signature_scheme", "hmac-sha256"),
    ...(publicKey !== undefined && {
      curve: { publicKey: text("curve_publickey"), secretKey: text("curve_secretkey") },
    }),
  };
}

/** `tcp://127.0.0.1:5555`, or for ipc a path with the port behind it, as jupyter_client makes them. */
export function addressOf({ transport, ip }: Connection, port: number): string {
  return transport === "tcp" ? `tcp://${ip.includes(":") ? `[${ip}]` : ip}:${port}` : `ipc://${ip}-${port}`;
}

/** The file holds the key: nobody but its owner may read it. */
function keepPrivate(file: string): void {
  if (process.platform === "win32") return;
  try {
    const { mode, uid } = statSync(file);
    if ((mode & 0o077) !== 0 && uid === process.getuid?.()) chmodSync(file, mode & 0o700);
  } catch {
    // A file system without rights.
  }
}
