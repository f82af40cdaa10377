/**
 * The engine beside its peers: `node test/bench/engine.ts --help`. Prints a table in Markdown on standard output, what
 * happens meanwhile on standard error; asserts nothing.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { ENGINE_HELP, parseEngineArguments, UsageError, type EngineArguments } from "./engine/arguments.ts";
import { interleave, type Runner } from "./engine/interleave.ts";
import { machine } from "./engine/machine.ts";
import { startOurs, startPeer, type Started } from "./engine/peers.ts";
import { withSpeed } from "./engine/readme.ts";
import { inUnit, peersOf, type PeerName, type Row } from "./engine/rows.ts";
import { median } from "./engine/statistics.ts";
import { failures, number, resultTable, type Result } from "./engine/table.ts";

type Name = "ours" | PeerName;

/** Those who take part with so many threads. One who died is started again for the next row; one who cannot start is out. */
class Field {
  readonly started = new Map<Name, Started>();
  readonly missing = new Map<Name, string>();
  private readonly start: (name: Name) => Promise<Started>;

  constructor(start: (name: Name) => Promise<Started>) {
    this.start = start;
  }
  async get(name: Name): Promise<Started | undefined> {
    const there = this.started.get(name);
    if (there?.participant.alive) return there;
    if (this.missing.has(name)) return undefined;
    try {
      const started = await this.start(name);
      this.started.set(name, started);
      return started;
    } catch (error) {
      this.missing.set(name, (error as Error).message);
      console.error(`\n!!! NOT RUN  ${name}: ${(error as Error).message}\n`);
      return undefined;
    }
  }
  close(): void {
    for (const { participant } of this.started.values()) participant.close();
  }
}

async function measureRow(row: Row, field: Field, { peers, rounds, seconds }: EngineArguments): Promise<Result> {
  const runners: [Runner, string][] = [];
  for (const name of ["ours" as const, ...peers.filter((peer) => peersOf(row).includes(peer))]) {
    const started = await field.get(name);
    if (started === undefined) continue;
    const { participant } = started;
    const runner: Runner = {
      name,
      prepare: (work, time) => participant.prepare(work, time),
      window: async (time) => {
        // The threads of the one before, which look out for more work, get time to fall asleep.
        await setTimeout(100);
        return participant.window(time);
      },
      drop: () => participant.drop(),
    };
    runners.push([runner, (name === "torch1" || name === "torch2") && row.torchWork ? row.torchWork : row.work]);
  }
  const { ours, ...theirs } = Object.fromEntries(await interleave(runners, { rounds, seconds }));
  const result = { row, ours: ours ?? { error: field.missing.get("ours") ?? "not run" }, peers: theirs };
  const shown = Object.entries({ ours: result.ours, ...theirs }).map(
    ([name, measured]) => `${name} ${"error" in measured ? "cannot" : number(inUnit(row, median(measured.rates)))}`,
  );
  console.error(`${row.label}: ${shown.join(" · ")} ${row.unit}`);
  return result;
}

/** GFLOP/s of one thread in registers alone, for each way of generating code. */
function peaks(): string {
  const { stdout } = spawnSync(process.execPath, [path.join(import.meta.dirname, "peers/peak.ts")], {
    encoding: "utf8",
    timeout: 60_000,
  });
  try {
    const found = JSON.parse(stdout) as { name: string; gflops?: number; error?: string }[];
    return found
      .map(({ name, gflops, error }) => `${name} ${gflops === undefined ? error : number(gflops)}`)
      .join(", ");
  } catch {
    return "could not be measured";
  }
}

const short = (version: string) => version.split(".", 2).join(".");

function titlesOf(field: Field): { [name in PeerName]?: string } {
  const titles: { [name in PeerName]?: string } = {};
  for (const [name, { about }] of field.started) {
    if (name === "ours") continue;
    const title = `${about.name} ${short(about.version)}`;
    titles[name] = name === "torch1-avx2" ? `${title}, AVX2` : title;
  }
  return titles;
}

/** What has to be said about those who took part. */
async function remarksOf(field: Field, threads: number, titles: { [name: string]: string }): Promise<string[]> {
  const lines: string[] = [];
  for (const [name, { participant, about, remarks }] of field.started) {
    // Asked again at the end: by now it knows what it has fallen back to.
    const { name: called, version, ...more } = participant.alive ? await participant.about() : about;
    const details = Object.entries(more).map(([key, value]) => `${key} ${String(value)}`);
    const with2 = threads === 2 ? ", 2 threads" : "";
    lines.push(`${titles[name] ?? called}${with2}: ${[version, ...details, ...remarks].join(", ")}`);
  }
  return [...lines, ...[...field.missing].map(([name, reason]) => `NOT RUN: ${name}: ${reason}`)];
}

async function main(args: EngineArguments): Promise<void> {
  const { rows, rounds, seconds, revectorize } = args;
  const where = machine();
  console.error(where);
  const peak = peaks();
  const results: Result[] = [];
  const remarks = new Set<string>();
  let titles: { [name in PeerName]?: string } = {};
  for (const threads of [1, 2] as const) {
    const field = new Field((name) => (name === "ours" ? startOurs(threads, revectorize) : startPeer[name](threads)));
    for (const row of rows.filter((r) => r.threads === threads)) results.push(await measureRow(row, field, args));
    titles = { ...titlesOf(field), ...titles };
    for (const remark of await remarksOf(field, threads, titles)) remarks.add(remark);
    field.close();
  }
  const notes = [
    `Machine: ${where}.`,
    `Registers alone, one thread of WebAssembly, GFLOP/s: ${peak}.`,
    `Medians of ${rounds} windows of ${seconds} s in turns, ± half of largest − smallest; one thread where no other number stands. ` +
      (revectorize ? "With" : "Without") +
      " V8's experimental pass that pairs vectors to 256 bits.",
    "AVX2: the same PyTorch with `OPENBLAS_CORETYPE=Haswell`; by itself OpenBLAS takes AVX-512 where there is any, which WebAssembly has not.",
    ...remarks,
    ...failures(results, titles),
  ];
  const text = `${resultTable(results, titles, revectorize)}\n\n${notes.map((note) => `- ${note}`).join("\n")}`;
  console.log(text);
  if (!args.write) return;
  const readme = path.resolve(import.meta.dirname, "../../README.md");
  writeFileSync(readme, withSpeed(readFileSync(readme, "utf8"), text));
}

try {
  const args = parseEngineArguments(process.argv.slice(2));
  if (args.help) console.log(ENGINE_HELP);
  else await main(args);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}
