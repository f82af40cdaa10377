/**
 * The programs that a process has started, and their end. Only the supervisor asks: everything below the kernel's
 * process belongs to cells. Windows does not say who started whom without a program of a second's start; there only
 * what the worker has told of is ended, and all of it goes with the kernel's process.
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

type Parents = Map<number, number>;

/** Ids of the processes below `pid`, children before grandchildren. */
export function descendants(pid: number): number[] {
  const parents = parentsOfAll();
  const found = [pid];
  for (const one of found) for (const [child, parent] of parents) if (parent === one) found.push(child);
  return found.slice(1);
}

/** Ids of the processes that `pid` itself has started. */
export function children(pid: number): number[] {
  return [...parentsOfAll()].filter(([, parent]) => parent === pid).map(([child]) => child);
}

/** Sends a signal to each; one that is gone already is no error. */
export function signalAll(pids: Iterable<number>, signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // Gone, or no longer ours.
    }
  }
}

function parentsOfAll(): Parents {
  try {
    if (process.platform === "linux") return parentsOnLinux();
    if (process.platform === "win32") return new Map();
    const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,comm="], { encoding: "utf8" }).split("\n");
    const rows = lines.map((line) => line.trim().split(/\s+/));
    return new Map(rows.flatMap(([pid, parent, name]) => (name === "ps" ? [] : [[Number(pid), Number(parent)]])));
  } catch {
    return new Map();
  }
}

/** No program is needed there, and small containers have no `ps`. */
function parentsOnLinux(): Parents {
  const parents: Parents = new Map();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      // "1234 (name, which may hold anything) S 1200 …"
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (state !== "Z") parents.set(Number(entry), Number(parent));
    } catch {
      // It ended in this moment.
    }
  }
  return parents;
}
