/** What Gradbook looks at before it says that it works on a machine. Each check says what it found and what to do. */
import { spawn } from "node:child_process";
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { arch, availableParallelism, cpus, platform, release, totalmem } from "node:os";
import { join } from "node:path";
import { startKernel } from "../client/startKernel.ts";
import type { Machine } from "./dataFolders.ts";

export interface JupyterSurroundings {
  /** Entry file of the kernel. */
  kernelPath: string;
  machine: Machine;
}

/** What the checks need to know; `cli.ts` fills it in. */
export interface Surroundings extends JupyterSurroundings {
  cacheFolder: string;
  /** Folders that may hold data sets, in the order in which they are looked at. */
  dataFolders: readonly string[];
  typescriptVersion: string;
}

export interface Finding {
  ok: boolean;
  /** What is there. */
  found: string;
  /** What to do, or what goes without it; where something is missing. */
  advice?: string;
}

export interface Check<S = Surroundings> {
  name: string;
  /** Without it the kernel cannot run here. */
  needed: boolean;
  look(surroundings: S): Promise<Finding> | Finding;
}

/** TypeScript declares WebAssembly together with the DOM, which does not exist here. */
declare const WebAssembly: {
  validate(bytes: Uint8Array): boolean;
  Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => { buffer: ArrayBufferLike };
};

const RELAXED_MADD = [253, 133, 2];
const F32X4_ADD = [253, 228, 1];
/** A WebAssembly module with one function of vectors, whose body ends in the given instruction. */
const vectorModule = (operands: number, instruction: number[]): Uint8Array<ArrayBuffer> => {
  const parameters = [operands, ...Array<number>(operands).fill(123)];
  const type = [1, 96, ...parameters, 1, 123];
  const gets = Array.from({ length: operands }, (_, i) => [32, i]).flat();
  const body = [0, ...gets, ...instruction, 11];
  return Uint8Array.from([
    ...[0, 97, 115, 109, 1, 0, 0, 0],
    ...[1, type.length, ...type],
    ...[3, 2, 1, 0],
    ...[10, body.length + 2, 1, body.length, ...body],
  ]);
};

export const checks: readonly Check[] = [
  {
    name: "runtime",
    needed: true,
    look() {
      const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
      const electron = process.versions["electron"] ? `, Electron ${process.versions["electron"]}` : "";
      return {
        ok: major > 22 || (major === 22 && minor >= 15),
        found: `Node ${process.versions.node}${electron}, V8 ${process.versions.v8} (${process.execPath})`,
        advice: "Gradbook needs Node 22.15 or later. Name one in the setting gradbook.runtime or in GRADBOOK_RUNTIME.",
      };
    },
  },
  {
    name: "machine",
    needed: false,
    look: () => ({
      ok: true,
      found: `${platform()} ${release()} ${arch()}, ${availableParallelism()} × ${cpus()[0]?.model.trim() || "processor"}, ${Math.round(totalmem() / 2 ** 30)} GB`,
    }),
  },
  {
    name: "kernel",
    needed: true,
    look: ({ kernelPath }) => tryKernel(kernelPath),
  },
  {
    name: "async context frame",
    needed: false,
    look() {
      const [major = 0] = process.versions.node.split(".").map(Number);
      const off = process.execArgv.includes("--no-async-context-frame");
      if (major >= 24) return { ok: !off, found: off ? "switched off" : "on by default" };
      return { ok: true, found: "by the flag --experimental-async-context-frame, which the kernel is started with" };
    },
  },
  {
    name: "WebAssembly SIMD",
    needed: false,
    look: () => ({
      ok: WebAssembly.validate(vectorModule(2, F32X4_ADD)),
      found: "128-bit vectors",
      advice: "Tensor operations will be several times slower. Use a newer runtime.",
    }),
  },
  {
    name: "relaxed SIMD",
    needed: false,
    look: () => ({
      ok: WebAssembly.validate(vectorModule(3, RELAXED_MADD)),
      found: "fused multiply-add",
      advice: "Matrix products will be slower. Node 24 has it.",
    }),
  },
  {
    name: "revectorization",
    needed: false,
    look: probeRevectorize,
  },
  {
    name: "threads",
    needed: false,
    look() {
      try {
        const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
        return {
          ok: memory.buffer instanceof SharedArrayBuffer,
          found: `shared memory, ${availableParallelism()} at a time`,
          advice: "Tensor operations will use one thread.",
        };
      } catch (error) {
        return { ok: false, found: (error as Error).message, advice: "Tensor operations will use one thread." };
      }
    },
  },
  {
    name: "TypeScript",
    needed: true,
    look: ({ typescriptVersion }) => ({ ok: true, found: typescriptVersion }),
  },
  {
    name: "cache folder",
    needed: false,
    async look({ cacheFolder }) {
      const probe = join(cacheFolder, `.doctor-${process.pid}`);
      try {
        await mkdir(cacheFolder, { recursive: true });
        await writeFile(probe, "");
        await rm(probe);
        return { ok: true, found: cacheFolder };
      } catch (error) {
        return {
          ok: false,
          found: (error as Error).message,
          advice: "Data sets cannot be kept. Make the folder writable, or set XDG_CACHE_HOME or GRADBOOK_DATA.",
        };
      }
    },
  },
  {
    name: "MNIST",
    needed: false,
    async look({ dataFolders }) {
      for (const folder of dataFolders.map((data) => join(data, "mnist"))) {
        const names = await readdir(folder).catch(() => []);
        const files = names.filter((name) => /^(train|t10k)-(images|labels)[-.]idx[13]-ubyte(\.gz)?$/.test(name));
        if (files.length >= 4) return { ok: true, found: folder };
      }
      const advice = "data.mnist() will download it; without a network put the four files there, or set GRADBOOK_DATA.";
      return { ok: false, found: `not in ${dataFolders.map((data) => join(data, "mnist")).join(" nor ")}`, advice };
    },
  },
];

/** Runs a cell in a real kernel, interrupts an endless loop, and asks whether the variables are still there. */
async function tryKernel(kernelPath: string): Promise<Finding> {
  let shown: unknown;
  const kernel = startKernel({
    kernelPath,
    cwd: process.cwd(),
    onPublication: ({ header, content }) => {
      const data = content["data"] as { "text/plain"?: unknown } | undefined;
      if (header.msg_type === "execute_result") shown = data?.["text/plain"];
    },
  });
  const advice =
    "Cells cannot run here. The message above says why; gradbook.runtime or GRADBOOK_RUNTIME names another Node.";
  const started = performance.now();
  try {
    await kernel.ready;
    await kernel.execute({ code: "let doctor = 40; doctor + 2" }).reply;
    if (shown !== "42")
      return { ok: false, found: `1 cell ran and showed ${shown || "nothing"} in place of 42`, advice };
    const first = Math.round(performance.now() - started);
    const loop = kernel.execute({ code: "doctor = 7; while (true) {}" });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const interrupted = performance.now();
    await kernel.interrupt();
    const tooLate = new Promise<undefined>((resolve) => setTimeout(resolve, 10_000, undefined).unref());
    const ended = await Promise.race([loop.reply, tooLate]);
    const took = Math.round(performance.now() - interrupted);
    if (ended === undefined) return { ok: false, found: "an endless loop could not be interrupted", advice };
    await kernel.execute({ code: "doctor" }).reply;
    if ((shown as unknown) !== "7") return { ok: false, found: "an interrupted loop lost the variables", advice };
    return {
      ok: true,
      found: `first cell after ${first} ms; an endless loop was interrupted in ${took} ms, variables kept`,
    };
  } catch (error) {
    return { ok: false, found: (error as Error).message, advice };
  } finally {
    await kernel.shutdown();
  }
}

/** V8 ends a process that is given a flag it does not know, so a child tries. */
async function probeRevectorize(): Promise<Finding> {
  const flag = "--experimental-wasm-revectorize";
  const script = `require("node:v8").setFlagsFromString(${JSON.stringify(flag)})`;
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: "1" };
  const child = spawn(process.execPath, ["-e", script], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
    windowsHide: true,
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const code = await new Promise<number | null>((resolve) => {
    child.on("error", () => resolve(null));
    child.on("close", resolve);
  });
  const known = code === 0 && said === "";
  return {
    ok: known && arch() === "x64",
    found: known ? (arch() === "x64" ? "the flag is known" : `not on ${arch()}`) : "this V8 does not know the flag",
    advice: "Matrix products use 128-bit vectors, not 256.",
  };
}
