/** How each participant is started, and what is said about it under the table. */
import { existsSync } from "node:fs";
import path from "node:path";
import { installTfjs, installTorch2 } from "./install.ts";
import { Participant, type About } from "./participant.ts";
import type { PeerName } from "./rows.ts";

const here = path.resolve(import.meta.dirname, "../peers");
/** Where Debian's package libopenblas0-pthread puts its library, whatever the system's default BLAS is. */
const OPENBLAS = "/usr/lib/x86_64-linux-gnu/openblas-pthread";

export interface Started {
  readonly participant: Participant;
  readonly about: About;
  /** What has to be known to judge its numbers. */
  readonly remarks: readonly string[];
}

/** One thread on every level: PyTorch's own, OpenMP's, OpenBLAS's, MKL's. */
function threadLimits(threads: number): Record<string, string> {
  const names = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"];
  return { ...Object.fromEntries(names.map((name) => [name, String(threads)])), CUDA_VISIBLE_DEVICES: "" };
}

export async function startOurs(threads: number, revectorize: boolean): Promise<Started> {
  const participant = new Participant("Gradbook", [process.execPath, path.join(here, "gradbook.ts")], {
    GRADBOOK_THREADS: String(threads),
    GRADBOOK_EXPERIMENTAL: revectorize ? "1" : "0",
  });
  return { participant, about: await participant.about(), remarks: [] };
}

async function startTorch(python: string, threads: number, env: Record<string, string> = {}): Promise<Started> {
  const start = (more: Record<string, string>) =>
    new Participant(`PyTorch of ${python}`, [python, path.join(here, "pytorch.py"), String(threads)], {
      ...threadLimits(threads),
      ...env,
      ...more,
    });
  const participant = start({});
  const about = await participant.about();
  if (!String(about["blas"]).startsWith("not OpenBLAS")) return { participant, about, remarks: [] };
  if (!existsSync(OPENBLAS)) {
    const remark = "UNFAIR: this PyTorch does not run on OpenBLAS; the reference BLAS is many times slower";
    return { participant, about, remarks: [`${remark} (Debian: apt install libopenblas0-pthread)`] };
  }
  participant.close();
  const again = start({ LD_LIBRARY_PATH: [OPENBLAS, process.env["LD_LIBRARY_PATH"]].filter(Boolean).join(":") });
  return {
    participant: again,
    about: await again.about(),
    remarks: ["this system's BLAS is another one; OpenBLAS was put before it"],
  };
}

const torch1 = () => process.env["GRADBOOK_BENCH_TORCH1"] ?? "/usr/bin/python3";

/** Starts a peer, installing it first where that is needed. Throws when it cannot be had, saying why. */
export const startPeer: { readonly [name in PeerName]: (threads: number) => Promise<Started> } = {
  torch1: (threads) => startTorch(torch1(), threads),
  "torch1-avx2": (threads) => startTorch(torch1(), threads, { OPENBLAS_CORETYPE: "Haswell" }),
  torch2: (threads) => startTorch(installTorch2(), threads),
  tfjs: async () => {
    const participant = new Participant(
      "TensorFlow.js",
      [process.execPath, path.join(here, "tfjs.mjs"), installTfjs()],
      {},
    );
    return { participant, about: await participant.about(), remarks: [] };
  },
};
