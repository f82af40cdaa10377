/** A front end of Jupyter in a few lines, without Python: starts the kernel of a kernelspec and runs one cell. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import * as zmq from "zeromq";
import { makeMessage, realEnvironment } from "../../kernel/protocol/message.ts";
import type { Kernelspec } from "../../kernel/jupyter/kernelspec.ts";
import { Wire } from "../../kernel/transport/wire.ts";

/** The `text/plain` of the cell's value. Rejects with what the kernel printed when that ends first. */
export async function cellByJupyter(folder: string, code: string): Promise<unknown> {
  const runtime = mkdtempSync(path.join(tmpdir(), "gradbook-front-"));
  const key = "a key";
  const ip = path.join(runtime, "k");
  const file = path.join(runtime, "kernel.json");
  const ports = { shell_port: 1, iopub_port: 2, stdin_port: 3, control_port: 4, hb_port: 5 };
  writeFileSync(file, JSON.stringify({ transport: "ipc", ip, key, signature_scheme: "hmac-sha256", ...ports }));
  const spec = JSON.parse(readFileSync(path.join(folder, "kernel.json"), "utf8")) as Kernelspec;
  const [program = "", ...rest] = spec.argv.map((each) => each.replace("{connection_file}", file));
  const kernel = spawn(program, rest, { cwd: runtime, env: { ...process.env, ...spec.env }, stdio: "pipe" });
  let said = "";
  kernel.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ended = new Promise<never>((_resolve, reject) => {
    kernel.on("error", reject);
    kernel.on("exit", (status) => reject(new Error(`the kernel ended (${status}): ${said}`)));
  });
  ended.catch(() => {});
  const iopub = new zmq.Subscriber({ linger: 0 });
  const shell = new zmq.Dealer({ linger: 0 });
  const wire = new Wire(key, "hmac-sha256");
  const sender = { session: realEnvironment.newId(), username: "test", environment: realEnvironment };
  try {
    iopub.connect(`ipc://${ip}-${ports.iopub_port}`);
    iopub.subscribe();
    shell.connect(`ipc://${ip}-${ports.shell_port}`);
    const value = async (): Promise<unknown> => {
      for await (const frames of iopub) {
        const { header, content } = wire.decode("iopub", frames).message;
        // Nothing that follows is missed from here on.
        if (header.msg_type === "iopub_welcome") {
          await shell.send(wire.encode(makeMessage(sender, "shell", "execute_request", { code, silent: false })));
        }
        if (header.msg_type === "error") throw new Error(JSON.stringify(content));
        if (header.msg_type === "execute_result") return (content["data"] as { "text/plain": unknown })["text/plain"];
      }
      throw new Error("the kernel went away");
    };
    return await Promise.race([value(), ended]);
  } finally {
    iopub.close();
    shell.close();
    kernel.kill("SIGKILL");
    rmSync(runtime, { recursive: true, maxRetries: 5 });
  }
}
