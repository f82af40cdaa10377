import { peerNames, peersOf, rows, rowsNamed, type PeerName, type Row } from "./rows.ts";

export const ENGINE_HELP = `Usage: node test/bench/engine.ts [options]

Times the engine beside PyTorch and TensorFlow.js: windows in turns, medians, a table in Markdown.

  --only <row,…>      only these rows: ${rows.map(({ id }) => id).join(", ")};
                      "matmul" and "adam" stand for all of their kind
  --peers <peer,…>    beside these: ${peerNames.join(", ")}, or none. Default: all.
                      torch2 and tfjs are installed into .cache/peers/ when they are not there
  --threads <1|2>     only the rows of one thread, or those of two
  --rounds <n>        windows of each. Default 5
  --seconds <s>       length of a window. Default 0.7
  --no-revectorize    our engine without V8's experimental pass
  --write             put the table into README.md too
  --help              show this

GRADBOOK_BENCH_TORCH1 names the Python that has PyTorch 1.13 (/usr/bin/python3), GRADBOOK_BENCH_TORCH2
one that has PyTorch 2, GRADBOOK_BENCH_PYTHON the one to install it with.
`;

export interface EngineArguments {
  readonly rows: readonly Row[];
  readonly peers: readonly PeerName[];
  readonly rounds: number;
  readonly seconds: number;
  readonly revectorize: boolean;
  readonly write: boolean;
  readonly help: boolean;
}

/** A mistake on the command line; its message alone is shown. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

const flags = ["--no-revectorize", "--write", "--help"];
const valued = ["--only", "--peers", "--threads", "--rounds", "--seconds"];

/** The command line of the benchmark of the engine. Throws UsageError, which names what is unknown. */
export function parseEngineArguments(args: readonly string[]): EngineArguments {
  const given = new Map<string, string>();
  for (let i = 0; i < args.length; i++) {
    const [name, ...rest] = args[i]!.split("=") as [string, ...string[]];
    if (flags.includes(name)) {
      if (rest.length > 0) throw new UsageError(`bench: ${name} takes no value, got ${args[i]}.`);
      given.set(name, "");
    } else if (valued.includes(name)) {
      const value = rest.length > 0 ? rest.join("=") : args[++i];
      if (value === undefined || value.startsWith("--")) throw new UsageError(`bench: ${name} needs a value.`);
      given.set(name, value);
    } else throw new UsageError(`bench: unknown option ${args[i]}. Options: ${[...valued, ...flags].join(", ")}.`);
  }
  const chosen = given.has("--only") ? list(given.get("--only")!).flatMap(existingRows) : rows;
  const threads = given.has("--threads") ? number("--threads", given.get("--threads")!, [1, 2]) : undefined;
  const peers = given.has("--peers") ? existingPeers(given.get("--peers")!) : peerNames;
  const wanted = rows
    .filter((row) => chosen.includes(row) && (threads ?? row.threads) === row.threads)
    // A row about a peer's own way makes no sense without that peer.
    .filter((row) => row.torchWork === undefined || peersOf(row).some((peer) => peers.includes(peer)));
  if (wanted.length === 0) throw new UsageError(`bench: no row is left by --only, --threads and --peers together.`);
  return {
    rows: wanted,
    peers,
    rounds: number("--rounds", given.get("--rounds") ?? "5"),
    seconds: positive("--seconds", given.get("--seconds") ?? "0.7"),
    revectorize: !given.has("--no-revectorize"),
    write: given.has("--write"),
    help: given.has("--help"),
  };
}

const list = (text: string) => text.split(",").map((name) => name.trim());

function existingRows(name: string): readonly Row[] {
  const found = rowsNamed(name);
  if (found.length > 0) return found;
  throw new UsageError(`bench: --only names an unknown row "${name}". Rows: ${rows.map(({ id }) => id).join(", ")}.`);
}

function existingPeers(text: string): PeerName[] {
  if (text === "none") return [];
  return list(text).map((name) => {
    const peer = peerNames.find((known) => known === name);
    if (peer !== undefined) return peer;
    throw new UsageError(`bench: --peers names an unknown peer "${name}". Peers: ${peerNames.join(", ")}, or none.`);
  });
}

function number(name: string, text: string, allowed?: readonly number[]): number {
  const value = Number(text);
  if (Number.isInteger(value) && (allowed?.includes(value) ?? value >= 1)) return value;
  throw new UsageError(`bench: ${name} must be ${allowed?.join(" or ") ?? "a whole number ≥ 1"}, got "${text}".`);
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new UsageError(`bench: ${name} must be a number > 0, got "${text}".`);
}
