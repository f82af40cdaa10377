/**
 * Ends a session before the system ends the process. V8 watches its own heap, but neither buffers nor WebAssembly nor
 * tensors are in it; and where it reaches its limit in one leap, it ends the whole process. So V8 gets a limit that
 * nobody reaches, and this looks at what the process has and what the machine has left.
 */
import os from "node:os";

const LOOK_MS = 100;
const MB = 2 ** 20;
/** A session that begins with too much in use may take this much more: what a worker needs to start, and a little. */
const GROWTH = 128 * MB;

export interface Memory {
  /** Resident memory of the process, in bytes. */
  used: number;
  /** What it could still get. */
  left: number;
  /** What there is at all: of the machine, or of the container. */
  total: number;
}

/** Bytes the process may have; undefined: as much as leaves the machine its reserve. From `GRADBOOK_MEMORY_LIMIT`, in MB. */
export function memoryLimit(env: NodeJS.ProcessEnv, warn: (line: string) => void): number | undefined {
  const given = env["GRADBOOK_MEMORY_LIMIT"];
  if (given === undefined || given === "") return undefined;
  const value = Number(given);
  if (Number.isInteger(value) && value > 0) return value * MB;
  warn(`GRADBOOK_MEMORY_LIMIT must be a whole number of MB, got ${JSON.stringify(given)}: no limit is set.`);
  return undefined;
}

/** Why the session must end now, as the user is told; undefined: it need not. */
function exhausted({ used, left, total }: Memory, limit: number | undefined): string | undefined {
  if (limit !== undefined) {
    if (used <= limit) return undefined;
    return `the kernel has taken ${inGB(used)} of memory, more than GRADBOOK_MEMORY_LIMIT allows (${inGB(limit)})`;
  }
  // Enough for what a cell can take between two looks. Where others have the memory, ending ours would not help.
  const reserve = Math.min(1024 * MB, Math.max(256 * MB, 0.04 * total));
  if (left >= reserve || used < total / 4) return undefined;
  return `the kernel has taken ${inGB(used)} of memory and the machine (${inGB(total)}) has almost none left`;
}

/** Decides, look by look, when a session has to end. */
export class MemoryWatch {
  private readonly limit: number | undefined;
  /** The least that was in use since the last session ended; undefined: it has been enough since then. */
  private floor: number | undefined;

  /** @param limit of GRADBOOK_MEMORY_LIMIT, in bytes. */
  constructor(limit: number | undefined) {
    this.limit = limit;
  }

  /** Why the session must end now, as the user is told; undefined: it need not. */
  next(memory: Memory): string | undefined {
    const reason = exhausted(memory, this.limit);
    if (reason === undefined) {
      this.floor = undefined;
    } else if (this.floor === undefined) {
      this.floor = memory.used;
      return reason;
    } else {
      // What an ended session had stays with the process for a while, or for ever, free for the next one: V8 and malloc
      // keep pages. Only what comes on top of it is the new session's doing.
      this.floor = Math.min(this.floor, memory.used);
      if (memory.used <= this.floor + GROWTH) return undefined;
      this.floor = memory.used;
      return reason;
    }
    return undefined;
  }
}

/** Calls back, with the reason, when the memory is used up. Until what the callback does has settled, nobody looks. */
export function watchMemory(limit: number | undefined, onExhausted: (reason: string) => Promise<void>): void {
  const watch = new MemoryWatch(limit);
  let ending = false;
  const timer = setInterval(() => {
    const reason = ending ? undefined : watch.next(look());
    if (reason === undefined) return;
    ending = true;
    void onExhausted(reason).finally(() => (ending = false));
  }, LOOK_MS);
  timer.unref();
}

/** What V8 may use for JavaScript objects, in MB: all there is, so that the watch comes first. */
export function heapLimit(): number {
  return Math.floor(look().total / MB);
}

function look(): Memory {
  const used = process.memoryUsage.rss();
  const constrained = process.constrainedMemory();
  const machine = os.totalmem();
  // Files that were read count as used in a container, and can be dropped: only our own part is looked at there.
  if (constrained > 0 && constrained < machine) return { used, left: constrained - used, total: constrained };
  // Elsewhere free memory means something else than what can be had; what cannot be had is swapped.
  const left = process.platform === "linux" ? os.freemem() : machine - used;
  return { used, left, total: machine };
}

function inGB(bytes: number): string {
  return bytes < 1000 * MB ? `${Math.round(bytes / MB)} MB` : `${(bytes / MB / 1024).toFixed(1)} GB`;
}
