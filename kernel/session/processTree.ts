/**
 * The programs that a process has started, and their end. Only the supervisor asks: everything below the kernel's
 * process belongs to cells.
 */
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";

type Parents = Map<number, number>;

/** Ids of the processes below `pid`, children before grandchildren. Empty where the system does not say. */
export async function descendants(pid: number): Promise<number[]> {
  const parents = await parentsOfAll().catch((): Parents => new Map());
  const found = [pid];
  for (const one of found) for (const [child, parent] of parents) if (parent === one) found.push(child);
  return found.slice(1);
}

/** Ids of the processes that `pid` itself has started. */
export async function children(pid: number): Promise<number[]> {
  const parents = await parentsOfAll().catch((): Parents => new Map());
  return [...parents].filter(([, parent]) => parent === pid).map(([child]) => child);
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

async function parentsOfAll(): Promise<Parents> {
  if (process.platform === "linux") return parentsOnLinux();
  const [program, ...args] =
    process.platform === "win32"
      ? [
          "powershell.exe",
          "-NoProfile",
          "-Command",
          'Get-CimInstance Win32_Process | ForEach-Object { "$($_.ProcessId) $($_.ParentProcessId)" }',
        ]
      : ["ps", "-A", "-o", "pid=,ppid="];
  const run = promisify(execFile)(program!, args, { windowsHide: true });
  const own = run.child.pid;
  const { stdout } = await run;
  const lines = stdout.split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  return new Map(lines.flatMap(([pid, parent]) => (pid && parent && pid !== own ? [[pid, parent]] : [])));
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
