/** Starts the kernel as a front end does: by the argv of its kernelspec, with a connection file, over loopback. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Finding } from "./checks.ts";
import type { Machine } from "./dataFolders.ts";
import type { Kernelspec } from "./kernelspec.ts";

const START_MS = 60_000;
const CHANNELS = ["shell", "control", "iopub", "stdin", "hb"] as const;

export async function tryKernelspec(folder: string, spec: Kernelspec, machine: Machine): Promise<Finding> {
  const advice = `The message above is what the kernel said. Install it again: npx gradbook jupyter install`;
  let askKernel: (typeof import("../transport/probe.ts"))["askKernel"];
  try {
    ({ askKernel } = await import("../transport/probe.ts"));
  } catch {
    return { ok: false, found: "cannot be asked without zeromq", advice: "Start this doctor from the npm package." };
  }
  const runtime = await mkdtemp(path.join(tmpdir(), "gradbook-doctor-"));
  const over = new AbortController();
  try {
    const [shell_port, control_port, iopub_port, stdin_port, hb_port] = (await freePorts(CHANNELS.length)) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const connection = {
      ...{ transport: "tcp" as const, ip: "127.0.0.1", shell_port, control_port, iopub_port, stdin_port, hb_port },
      ...{ key: randomBytes(32).toString("hex"), signature_scheme: "hmac-sha256" },
    };
    const file = path.join(runtime, "kernel-doctor.json");
    await writeFile(file, JSON.stringify(connection), { mode: 0o600 });
    const names: { [name: string]: string } = { connection_file: file, resource_dir: folder };
    const [program = "", ...rest] = spec.argv.map((each) =>
      each.replace(/\{(\w+)\}/g, (all, name: string) => names[name] ?? all),
    );
    const started = performance.now();
    const child = spawn(program, rest, {
      env: { ...machine.env, ...spec.env },
      stdio: ["ignore", "ignore", "pipe"],
      windowsHide: true,
    });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    const ended = new Promise<string>((resolve) => {
      child.on("error", (error) => resolve(error.message));
      child.on("close", (code, signal) => resolve(`it ended (${signal ?? `exit code ${code}`})`));
    });
    const timer = setTimeout(() => over.abort(), START_MS);
    try {
      const asked = askKernel(connection, over.signal).then((info) => ({
        info,
        ms: Math.round(performance.now() - started),
      }));
      asked.catch(() => {});
      const first = await Promise.race([asked, ended]);
      if (typeof first === "string") return { ok: false, found: `${folder}: ${first}\n${said.trim()}`.trim(), advice };
      const { implementation, implementation_version, protocol_version } = first.info;
      const who = `${implementation} ${implementation_version}, protocol ${protocol_version}`;
      return { ok: true, found: `${who}, answered ${first.ms} ms after its start` };
    } finally {
      clearTimeout(timer);
      over.abort();
      // It was told to end; should it not have heard that, its parent sees to it.
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 3000).unref())]);
      child.kill("SIGKILL");
    }
  } catch (error) {
    return { ok: false, found: `${folder}: ${(error as Error).message}`, advice };
  } finally {
    await rm(runtime, { recursive: true, force: true });
  }
}

/** Ports of loopback that nobody had a moment ago, as front ends choose them. */
async function freePorts(n: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: n }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => server.on("error", reject).listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
