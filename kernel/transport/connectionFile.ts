/**
 * The file by which a front end tells a kernel where to listen.
 *
 * Source: jupyter_client, docs/kernels.rst, "Connection files"; ports of 0 as ipykernel has them: the kernel chooses and writes
 * them into the file.
 */
import { chmodSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";

export const PORTS = ["shell_port", "control_port", "iopub_port", "stdin_port", "hb_port"] as const;
export type PortName = (typeof PORTS)[number];

export type Connection = {
  transport: "tcp" | "ipc";
  /** Address for tcp; for ipc the beginning of the sockets' paths. */
  ip: string;
  key: string;
  signature_scheme: string;
  /** Z85 keys of CurveZMQ; with them nothing may go in plain text. */
  curve?: { publicKey: string; secretKey: string };
} & { [port in PortName]: number };

/** Of a CurveZMQ key in Z85, ZeroMQ's way to write 32 bytes. */
const Z85 = /^[0-9a-zA-Z.\-:+=^!/*?&<>()[\]{}@%$#]{40}$/;

/** Reads the file and sees to it that nobody else can. @throws Error which names the file, the field and what is needed. */
export function readConnectionFile(file: string, log: (line: string) => void): Connection {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new Error(`The connection file ${file} cannot be read (${why}). Front ends make it and give its path.`);
  }
  const remark = keepPrivate(file);
  if (remark !== undefined) log(remark);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`The connection file ${file} is no JSON: ${(error as Error).message}.`);
  }
  try {
    return parseConnection(value);
  } catch (error) {
    throw new Error(`The connection file ${file} makes no sense: ${(error as Error).message}`);
  }
}

/** @throws Error which names the field, what it holds and what is needed. */
export function parseConnection(value: unknown): Connection {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Error(`a JSON object is needed, got ${kindOf(value)}.`);
  }
  const given = value as { [name: string]: unknown };
  const transport = given["transport"] ?? "tcp";
  if (transport !== "tcp" && transport !== "ipc") {
    throw new Error(`transport must be "tcp" or "ipc", got ${shown(transport)}.`);
  }
  const text = (name: string, otherwise: string): string => {
    const found = given[name] ?? otherwise;
    if (typeof found !== "string") throw new Error(`${name} must be a string, got ${shown(found)}.`);
    return found;
  };
  const ports = Object.fromEntries(PORTS.map((name) => [name, portOf(name, given[name])])) as {
    [port in PortName]: number;
  };
  for (const name of PORTS) {
    const twin = PORTS.find((other) => other !== name && ports[name] !== 0 && ports[other] === ports[name]);
    if (twin) throw new Error(`${name} and ${twin} are both ${ports[name]}; each channel needs a port of its own.`);
  }
  const ip = text("ip", "");
  if (transport === "ipc" && ip === "") {
    throw new Error('ip must be the beginning of the sockets\' paths when transport is "ipc", got "".');
  }
  const curve = curveOf(given);
  return {
    ...{ transport, ...ports, key: text("key", ""), signature_scheme: text("signature_scheme", "hmac-sha256") },
    // Sockets are bound to addresses, not to names.
    ip: transport === "tcp" && (ip === "" || ip === "localhost") ? "127.0.0.1" : ip,
    ...(curve && { curve }),
  };
}

function portOf(name: PortName, found: unknown): number {
  if (typeof found === "number" && Number.isInteger(found) && found >= 0 && found <= 65535) return found;
  const got = found === undefined ? "nothing" : shown(found);
  throw new Error(`${name} must be a whole number from 0 (the kernel chooses) to 65535, got ${got}.`);
}

function curveOf(given: { [name: string]: unknown }): Connection["curve"] {
  const [publicKey, secretKey] = ["curve_publickey", "curve_secretkey"].map((name) => {
    const key = given[name] ?? undefined;
    if (key === undefined || (typeof key === "string" && Z85.test(key))) return key;
    // Not what came: it may be most of a secret.
    throw new Error(`${name} must be a key of CurveZMQ in Z85, 40 characters.`);
  });
  if (publicKey === undefined && secretKey === undefined) return undefined;
  if (publicKey === undefined || secretKey === undefined) {
    const missing = publicKey === undefined ? "curve_publickey" : "curve_secretkey";
    throw new Error(`${missing} is missing; CurveZMQ needs both keys. Nothing is sent without encryption instead.`);
  }
  return { publicKey, secretKey };
}

/** Never a secret: nothing that is longer than a name. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}

/** `tcp://127.0.0.1:5555`, or for ipc a path with the port behind it, as jupyter_client makes them. */
export function addressOf({ transport, ip }: Pick<Connection, "transport" | "ip">, port: number): string {
  if (transport === "ipc") return `ipc://${ip}-${port}`;
  return `tcp://${ip.includes(":") ? `[${ip}]` : ip}:${port === 0 ? "*" : port}`;
}

/** Puts the ports that the kernel has chosen into the file; everything else in it stays. */
export function writePorts(file: string, ports: { readonly [port in PortName]: number }): void {
  const { mode } = statSync(file);
  const content = { ...(JSON.parse(readFileSync(file, "utf8")) as object), ...ports };
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, JSON.stringify(content, null, 2) + "\n", { mode: mode & 0o700, flag: "wx" });
  renameSync(temporary, file);
}

/** What the log should say about a connection: who else could read what travels, or run cells. */
export function warningsOf({ transport, ip, key, curve }: Connection): string[] {
  const found: string[] = [];
  if (key === "") {
    const who = transport === "ipc" ? "every program that may open the sockets" : `everybody who reaches ${ip}`;
    found.push(
      `The connection file has no key: messages are not signed, and ${who} can run code in this kernel. Give it a key.`,
    );
  }
  if (transport === "tcp" && !isLoopback(ip) && !curve) {
    found.push(
      `The kernel listens on ${ip}, which is not this machine alone, without encryption: code and outputs travel in plain text. Use 127.0.0.1, ipc, or CurveZMQ (transport_encryption of jupyter_client).`,
    );
  }
  return found;
}

/** @throws Error when the connection asks for what this build of ZeroMQ does not have. Plain text is no way out. */
export function checkCapability({ transport, curve }: Connection, has: { curve?: boolean; ipc?: boolean }): void {
  if (curve && !has.curve) {
    throw new Error(
      "The connection file asks for CurveZMQ, and this build of the zeromq package has none. Start the kernel without transport encryption, or install zeromq built with libsodium.",
    );
  }
  if (transport === "ipc" && !has.ipc) {
    throw new Error(
      'The connection file asks for transport "ipc", which this build of the zeromq package does not have. Use "tcp".',
    );
  }
}

function isLoopback(ip: string): boolean {
  return /^127(\.\d{1,3}){3}$/.test(ip) || ip === "::1";
}

/** The file holds the key: nobody but its owner may read it. What was done, or could not be. */
function keepPrivate(file: string): string | undefined {
  if (process.platform === "win32") return undefined;
  const { mode } = statSync(file);
  if ((mode & 0o077) === 0) return undefined;
  const had = `The connection file ${file} could be opened by others (mode ${(mode & 0o777).toString(8)})`;
  try {
    chmodSync(file, mode & 0o700);
    return `${had}; it is its owner's alone now. Others may know the key: restart the kernel if they could reach the file.`;
  } catch (error) {
    return `${had}, and this could not be changed (${(error as NodeJS.ErrnoException).code}). Whoever reads the key can run code in this kernel.`;
  }
}
