/** The supervisor's view of the programs that cells have started: ends one with all that it has started itself. */
import { children, descendants, signalAll } from "./processTree.ts";

/** What Ctrl+C would send first; who does not go then is ended. */
const PATIENCE_MS = 2000;

export class ProgramsOfCells {
  /** Programs that the worker started and does not wait for. */
  private readonly known = new Set<number>();

  note(pid: number, state: "started" | "ended" | "unwanted"): void {
    if (state === "started") this.known.add(pid);
    else if (state === "ended") this.known.delete(pid);
    else void this.stop([pid]);
  }

  /** Ends the programs that the worker waits for, and nothing else. */
  async stopWaitedFor(): Promise<void> {
    const all = await children(process.pid);
    await this.stop(all.filter((pid) => !this.known.has(pid)));
  }

  /** Ends everything that cells have started, at once: their session is over. */
  async endAll(): Promise<void> {
    signalAll(await descendants(process.pid), "SIGKILL");
    this.known.clear();
  }

  private async stop(pids: readonly number[]): Promise<void> {
    const trees = [...pids, ...(await Promise.all(pids.map(descendants))).flat()];
    signalAll(trees, "SIGINT");
    setTimeout(() => signalAll(trees, "SIGKILL"), PATIENCE_MS).unref();
  }
}
