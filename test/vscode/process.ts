import { execFileSync } from "node:child_process";

/** Whether a process exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export interface Process {
  pid: number;
  parent: number;
  command: string;
}

/** The processes that a process has started, and they in turn, as the process table has them now. */
export function descendantsOf(pid: number): Process[] {
  const all = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8", maxBuffer: 1 << 26 })
    .split("\n")
    .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, own, parent, command]) => ({ pid: Number(own), parent: Number(parent), command: command! }));
  const found: Process[] = [];
  for (let from = [pid]; from.length > 0;) {
    const children = all.filter(({ parent }) => from.includes(parent));
    found.push(...children);
    from = children.map((child) => child.pid);
  }
  return found;
}

/** Those of them that are kernels. */
export function kernelsOf(pid: number): Process[] {
  return descendantsOf(pid).filter(({ command }) => /dist\/kernel\/main\.js/.test(command));
}
