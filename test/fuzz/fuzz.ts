/**
 * Sends cells to a real kernel and says what it should not have done: hang, end, lose the session without saying so, answer
 * twice or never, or name a line that the cell does not have.
 */
import { FuzzKernel, type Reply, type Request } from "./fuzzKernel.ts";
import { makeCell, type Cell } from "./generate.ts";
import { Random } from "./random.ts";

/** How long a cell may take before it is interrupted. */
const PATIENCE_MS = 400;
/** A cell that ends by itself may be slow on a busy machine. */
const SLOW_MS = 30_000;
/** From the interrupt to the reply, the new worker included. */
const STOP_MS = 40_000;
const BATCH = 20;

export interface Failure {
  /** Makes the cell again, with `--seed`. */
  seed: number;
  kind: string;
  code: string;
  what: string;
}

export interface Summary {
  cells: number;
  kinds: { [kind: string]: number };
  ok: number;
  errors: number;
  interrupted: number;
  /** Sessions that were lost, and said so. */
  lost: number;
  /** Sessions that were broken by a cell made for that, and answered all the same until they were restarted. */
  restarted: number;
  failures: Failure[];
}

interface Options {
  seed: number;
  cells: number;
  onProgress?: (summary: Summary) => void;
}

/** The cell that one seed stands for. */
export function cellOf(seed: number): Cell {
  return makeCell(new Random(seed));
}

export async function fuzz({ seed, cells, onProgress }: Options): Promise<Summary> {
  const summary: Summary = {
    cells: 0,
    kinds: {},
    ok: 0,
    errors: 0,
    interrupted: 0,
    lost: 0,
    restarted: 0,
    failures: [],
  };
  let session = await FuzzSession.start(summary);
  const restart = async (): Promise<void> => {
    await session.kernel.stop();
    session = await FuzzSession.start(summary);
  };
  try {
    for (let first = 0; first < cells; first += BATCH) {
      const batch = Array.from({ length: Math.min(BATCH, cells - first) }, (_, i) => seed + first + i);
      for (const one of batch) {
        const what = await session.run(cellOf(one));
        if (what !== undefined) summary.failures.push({ seed: one, ...cellOf(one), what });
        if (session.broken) summary.restarted++;
        if (what !== undefined || session.broken) await restart();
      }
      const what = await session.check();
      if (what !== undefined) {
        const code = batch.map((one) => cellOf(one).code).join("\n// --- cell ---\n");
        summary.failures.push({ seed: batch[0]!, kind: "batch", code, what });
        await restart();
      }
      onProgress?.(summary);
    }
  } finally {
    await session.kernel.stop();
  }
  return summary;
}

/** The smallest part of a cell that does the same to a new kernel; undefined when the cell alone does it no more. */
export async function minimise({ code, ...rest }: Cell, what: string): Promise<string | undefined> {
  const fails = async (candidate: string): Promise<boolean> => {
    const session = await FuzzSession.start();
    try {
      const fault = (await session.run({ ...rest, code: candidate })) ?? (await session.check());
      return fault !== undefined && kindOf(fault) === kindOf(what);
    } finally {
      await session.kernel.stop();
    }
  };
  if (!(await fails(code))) return undefined;
  let parts = code.split(/(?<=\n)/);
  if (parts.length < 4) parts = code.split(/(?<=[;{}()\s])/);
  let attempts = 60;
  for (let size = Math.ceil(parts.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < parts.length && attempts > 0;) {
      const candidate = parts.toSpliced(at, size);
      attempts--;
      if (candidate.length > 0 && (await fails(candidate.join("")))) parts = candidate;
      else at += size;
    }
  }
  return parts.join("");
}

function kindOf(fault: string): string {
  return fault.replace(/\d+/g, "n").split(":")[0]!;
}

const KEPT = "keptByTheFuzzTest";

class FuzzSession {
  readonly kernel = new FuzzKernel();
  private readonly summary: Summary | undefined;
  private readonly requests: Request[] = [];
  /** How many lines the cell of each execution count has. */
  private readonly lines = new Map<number, number>();
  private kept: number | undefined;
  private marks = 0;
  /** A cell has broken what all cells share, and the worker could not be replaced by a cell. */
  broken = false;

  private constructor(summary: Summary | undefined) {
    this.summary = summary;
  }

  static async start(summary?: Summary): Promise<FuzzSession> {
    const session = new FuzzSession(summary);
    await session.kernel.ready();
    await session.keep();
    return session;
  }

  /** Undefined, or what was wrong. */
  async run(cell: Cell): Promise<string | undefined> {
    const { summary } = this;
    if (summary) {
      summary.cells++;
      summary.kinds[cell.kind] = (summary.kinds[cell.kind] ?? 0) + 1;
    }
    const reply = await this.answer(cell.code, cell.endless ? PATIENCE_MS : SLOW_MS);
    if (typeof reply === "string") return reply;
    if (!cell.hostile) return this.faultIn(reply, cell);
    // Whatever it did: cells are answered, and a session that is ended on purpose says so and begins anew.
    for (const code of ["1 + 1", "throw process.exit()"]) {
      const afterwards = await this.answer(code, PATIENCE_MS);
      if (typeof afterwards === "string") return `a broken session, ${code}: ${afterwards}`;
    }
    this.broken = this.kept !== undefined;
    return this.broken ? this.faultOfRequests() : this.check();
  }

  /** After a batch: the session answers and has its variable; or it says that it has not. */
  async check(): Promise<string | undefined> {
    const one = await this.answer("1 + 1", SLOW_MS);
    if (typeof one === "string") return `1 + 1 afterwards: ${one}`;
    const value = this.kernel.valueOf(this.requests.at(-1)!);
    if (one.status !== "ok" || value !== "2") return `1 + 1 afterwards: ${one.status} ${textOf(one) || value}`;
    if (this.kept !== undefined) {
      const kept = await this.answer(KEPT, SLOW_MS);
      if (typeof kept === "string") return `the kept variable afterwards: ${kept}`;
      const shown = this.kernel.valueOf(this.requests.at(-1)!);
      if (shown !== String(this.kept))
        return `the kept variable is gone although nobody said so: ${shown ?? textOf(kept)}`;
    } else await this.keep();
    return this.faultOfRequests();
  }

  private async faultOfRequests(): Promise<string | undefined> {
    for (const request of this.requests.splice(0)) {
      const fault = await this.kernel.faultOf(request);
      if (fault) return fault;
    }
    this.kernel.forget();
    return undefined;
  }

  private async keep(): Promise<void> {
    this.kept = ++this.marks + 1000;
    await this.answer(`const ${KEPT} = ${this.kept}`, SLOW_MS);
  }

  private async answer(code: string, patienceMs: number): Promise<Reply | string> {
    const { kernel } = this;
    const request = kernel.execute(code);
    this.requests.push(request);
    const waited = Symbol("waited");
    const within = (ms: number): Promise<Reply | typeof waited> => {
      let timer: NodeJS.Timeout;
      const late = new Promise<typeof waited>((resolve) => (timer = setTimeout(resolve, ms, waited)));
      return Promise.race([request.reply, late]).finally(() => clearTimeout(timer));
    };
    try {
      let reply = await within(patienceMs);
      if (reply === waited) {
        if (this.summary) this.summary.interrupted++;
        await kernel.client.interrupt();
        reply = await within(STOP_MS);
        if (reply === waited) return `hangs: no reply ${STOP_MS} ms after an interrupt`;
      }
      if (this.summary) this.summary[reply.status === "ok" ? "ok" : "errors"]++;
      if (reply.status === "error" && /variables are lost|all variables/i.test(reply.evalue)) {
        this.kept = undefined;
        this.lines.clear();
        if (this.summary) this.summary.lost++;
      }
      const count = (reply as { execution_count?: number }).execution_count;
      if (count !== undefined) this.lines.set(count, code.split(/\r\n|[\n\r]/).length);
      return reply;
    } catch (error) {
      return `the kernel process ended: ${kernel.exit ?? String(error)}\n${kernel.log}`;
    }
  }

  /** An error names lines that exist, and nothing of ours. */
  private faultIn(reply: Reply, { kind }: Cell): string | undefined {
    if (reply.status !== "error") return undefined;
    const text = textOf(reply);
    for (const [, cell, line] of text.matchAll(/Cell \[(\d+)\], line (\d+)/g)) {
      const lines = this.lines.get(Number(cell));
      if (lines !== undefined && (Number(line) < 1 || Number(line) > lines))
        return `an error names line ${line} of a cell that has ${lines}: ${text}`;
    }
    if (reply.ename === "SyntaxError" && kind !== "throws" && !/Cell \[\d+\], line \d+/.test(text))
      return `a syntax error without a line: ${text}`;
    const ours = /\$gradbook|\$\$\w|gradbook:cell|kernel\/(?:language|session)\/|edits overlap/.exec(text);
    return ours ? `an error shows "${ours[0]}", which is ours: ${text}` : undefined;
  }
}

function textOf(reply: Reply): string {
  return reply.status === "error"
    ? `${reply.ename}: ${reply.evalue}\n${reply.traceback.join("\n")}`.slice(0, 1500)
    : "";
}
