/** Sockets do not say that a front end has died; its process does. */
import { readFileSync } from "node:fs";

const EVERY_MS = 500;

/**
 * Calls `onGone` once, when the process that started this one has ended, or the one that `JPY_PARENT_PID` names: between the front
 * end and its kernel there may be another program. A kernel that init has started is nobody's.
 */
export function watchParent(env: NodeJS.ProcessEnv, onGone: () => void): void {
  const { ppid } = process;
  // On Windows the variable holds a handle, which only the process itself could use.
  const named = process.platform === "win32" ? 0 : Number(env["JPY_PARENT_PID"] ?? 0);
  // Of another machine, or of another container, it means nothing here.
  const others = Number.isInteger(named) && named > 1 && named !== ppid && isAlive(named) ? [named] : [];
  if (ppid <= 1 && others.length === 0) return;
  const timer = setInterval(() => {
    if (isMine(ppid) && others.every(isAlive)) return;
    clearInterval(timer);
    onGone();
  }, EVERY_MS);
  timer.unref();
}

/** Whoever loses its parent gets another one, also while the dead one is still in the table of processes. */
function isMine(parent: number): boolean {
  return process.platform === "win32" ? isAlive(parent) : process.ppid === parent;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return process.platform !== "linux" || !isZombie(pid);
}

/** Ended, and nobody has asked for its exit code yet. */
function isZombie(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).startsWith("Z");
  } catch {
    return true;
  }
}
