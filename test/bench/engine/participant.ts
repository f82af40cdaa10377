import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";

/** So often was the work done in so many seconds. */
export interface Window {
  readonly count: number;
  readonly seconds: number;
}

/** What a participant says of itself. */
export interface About {
  readonly name: string;
  readonly version: string;
  readonly [more: string]: unknown;
}

/** Longer than the slowest single run of any peer. */
const PATIENCE_MS = 180_000;

/**
 * A process that does one work at a time, for a while, when it is asked: JSON lines, one answer for each request. It
 * lives through the whole benchmark, so that nobody is measured while it starts.
 */
export class Participant {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly title: string;
  private said = "";
  private ended: string | undefined;
  private answer: ((line: string | undefined) => void) | undefined;

  constructor(title: string, command: readonly string[], env: Readonly<Record<string, string>>) {
    this.title = title;
    this.child = spawn(command[0]!, command.slice(1), { env: { ...process.env, ...env } });
    this.child.on("error", (error) => this.end(error.message));
    this.child.on("exit", (code, signal) => this.end(`it ended with ${signal ?? code}`));
    // Writing to a process that has just died: its exit says so.
    this.child.stdin.on("error", () => {});
    this.child.stderr.setEncoding("utf8").on("data", (text: string) => (this.said = (this.said + text).slice(-2000)));
    createInterface({ input: this.child.stdout }).on("line", (line) => this.answer?.(line));
  }

  private end(reason: string): void {
    const last = this.said.trim().split("\n").at(-1);
    this.ended ??= last ? `${reason}: ${last}` : reason;
    this.answer?.(undefined);
  }

  private async ask<T>(request: object): Promise<T> {
    if (this.ended !== undefined) throw new Error(`${this.title}: ${this.ended}`);
    const line = await new Promise<string | undefined>((done) => {
      this.child.stdin.write(`${JSON.stringify(request)}\n`);
      const timer = setTimeout(() => {
        this.end(`no answer in ${PATIENCE_MS / 1000} s`);
        this.child.kill("SIGKILL");
      }, PATIENCE_MS);
      this.answer = (text) => {
        clearTimeout(timer);
        done(text);
      };
    });
    this.answer = undefined;
    if (line === undefined) throw new Error(`${this.title}: ${this.ended}`);
    const reply = JSON.parse(line) as T & { error?: string };
    if (reply.error !== undefined) throw new Error(reply.error);
    return reply;
  }

  get alive(): boolean {
    return this.ended === undefined;
  }
  about(): Promise<About> {
    return this.ask({ do: "about" });
  }
  /** Makes a work, in place of the one before, and does it for a while that does not count. */
  prepare(work: string, seconds: number): Promise<Window> {
    return this.ask({ do: "prepare", work, seconds });
  }
  window(seconds: number): Promise<Window> {
    return this.ask({ do: "window", seconds });
  }
  /** Frees what the work holds. */
  async drop(): Promise<void> {
    if (this.alive) await this.ask({ do: "drop" });
  }
  close(): void {
    this.ended ??= "it was closed";
    this.child.stdin.end();
  }
}
