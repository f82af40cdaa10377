/** The supervisor's view of the programs that cells have started: ends one with all that it has started itself. */
import { children, descendants, signalAll } from "./processTree.ts";

/** What Ctrl+C would send goes first; who does not go then is ended. */
const PATIENCE_MS = 2000;

export class ProgramsOfCells {
  /** Programs that the worker started and does not wait for. */
  private readonly known = new Set<number>();

  note(pid: number, state: "started" | "ended" | "unwanted"): void {
    if (state === "started") this.known.add(pid);
    else if (state === "ended") this.known.delete(pid);
    else this.stop([pid]);
  }

  /** Ends the programs that the worker waits for, and nothing else. */
  stopWaitedFor(): void {
    this.stop(children(process.pid).filter((pid) => !this.known.has(pid)));
  }

  /** Ends everything that cells have started, at once: their session is over. */
  endAll(): void {
    signalAll([...this.known, ...descendants(process.pid)], "SIGKILL");
    this.known.clear();
  }

  private stop(pids: readonly number[]): void {
    const trees = [...pids, ...pids.flatMap(descendants)];
    signalAll(trees, "SIGINT");
    setTimeout(() => signalAll(trees, "SIGKILL"), PATIENCE_MS).unref();
  }
}
