/** The rows of the table: what is done, in which unit its speed is told, and how fast it must be beside PyTorch 1.13. */

/** `torch1-avx2` is the same PyTorch with OpenBLAS held to 256-bit vectors, the widest that WebAssembly can reach. */
export const peerNames = ["torch1", "torch1-avx2", "torch2", "tfjs"] as const;
export type PeerName = (typeof peerNames)[number];

export type Unit = "GFLOP/s" | "steps/s" | "ms" | "k ops/s";

export interface Row {
  /** What `--only` names. */
  readonly id: string;
  readonly label: string;
  /** Name of the work in `workloads` and in the peers' programs. */
  readonly work: string;
  /** Name of the work at PyTorch's, where it has a faster way of its own to do the same. */
  readonly torchWork?: string;
  readonly threads: 1 | 2;
  readonly unit: Unit;
  /** Units per second for one run per second; "ms" is turned round instead. Default 1. */
  readonly perRun?: number;
  /** Times PyTorch 1.13 that is wanted; and without V8's experimental pass. */
  readonly wanted?: { readonly revectorized: number; readonly plain: number };
  /** Peers beside which it stands. Default: all but `torch1-avx2`. */
  readonly peers?: readonly PeerName[];
}

/** The rest may lose three tenths without the pass, products of matrices more. */
const wanted = (revectorized: number, plain = 0.7 * revectorized) => ({ revectorized, plain });

const product = (n: number, threads: 1 | 2): Row => ({
  id: `matmul${n}${threads === 2 ? "-2t" : ""}`,
  label: `matmul ${n} × ${n}${threads === 2 ? ", 2 threads" : ""}`,
  work: `matmul${n}`,
  threads,
  unit: "GFLOP/s",
  perRun: (2 * n ** 3) / 1e9,
  wanted: wanted(threads === 2 ? 0.95 : n === 64 ? 0.8 : 1, 0.5),
  peers: ["torch1", "torch1-avx2", "torch2", ...(threads === 1 ? (["tfjs"] as const) : [])],
});
const step = (id: string, label: string, times: number, work = id): Row => ({
  id,
  label: `${label}, one step`,
  work,
  threads: 1,
  unit: "steps/s",
  wanted: wanted(times),
});

export const rows: readonly Row[] = [
  ...[64, 256, 512, 1024].map((n) => product(n, 1)),
  step("tiny", "2-4-1, batch 100", 10),
  step("mlp", "MLP 784-128-10, batch 64", 2),
  step("lenet", "LeNet, batch 64", 1.5),
  step("cifar", "CIFAR CNN, batch 64", 1.2),
  step("lstm", "char-LSTM, 32 × 64 characters", 1.3, "charLstm"),
  step("gpt", "GPT, 2 layers, 16 × 64 characters", 1.2),
  { id: "adam", label: "Adam, 10 M parameters", work: "adam", threads: 1, unit: "ms", wanted: wanted(6) },
  {
    id: "add",
    label: "`add` of two tensors of 2",
    work: "add",
    threads: 1,
    unit: "k ops/s",
    perRun: 1e-3,
    wanted: wanted(4),
  },
  {
    id: "chain",
    label: "20 × `mul` of 2, forward and backward, per op",
    work: "chain",
    threads: 1,
    unit: "k ops/s",
    perRun: 20e-3,
    wanted: wanted(4),
  },
  // PyTorch's own faster forms of the same optimizer; ours is one and the same.
  {
    id: "tiny-foreach",
    label: "2-4-1, PyTorch's Adam with foreach",
    work: "tiny",
    torchWork: "tinyForeach",
    threads: 1,
    unit: "steps/s",
    peers: ["torch1", "torch2"],
  },
  {
    id: "adam-foreach",
    label: "Adam, 10 M, PyTorch's with foreach",
    work: "adam",
    torchWork: "adamForeach",
    threads: 1,
    unit: "ms",
    peers: ["torch1", "torch2"],
  },
  {
    id: "adam-fused",
    label: "Adam, 10 M, PyTorch's with fused",
    work: "adam",
    torchWork: "adamFused",
    threads: 1,
    unit: "ms",
    peers: ["torch2"],
  },
  ...[256, 512, 1024].map((n) => product(n, 2)),
];

/** A rate in runs per second, in the unit of the row. */
export function inUnit({ unit, perRun = 1 }: Row, runsPerSecond: number): number {
  return unit === "ms" ? 1000 / runsPerSecond : runsPerSecond * perRun;
}

/** The rows that a name stands for: itself, and its variants: `matmul` for `matmul64`, `matmul256-2t` and so on. */
export function rowsNamed(name: string): readonly Row[] {
  return rows.filter(({ id }) => id === name || (id.startsWith(name) && /^[\d-]/.test(id.slice(name.length))));
}

/** The peers beside which a row stands. */
export function peersOf(row: Row): readonly PeerName[] {
  return row.peers ?? peerNames.filter((name) => name !== "torch1-avx2");
}
