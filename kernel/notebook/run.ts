/** Runs the cells of a notebook one after the other, as a client of a kernel. */
import { KernelDied, type KernelClient, type KernelOptions } from "../client/kernelClient.ts";
import type { ErrorContent, KernelInfo, Message } from "../protocol/messages.ts";
import { isTagged, joined, KERNELSPEC, type CodeCell, type Notebook } from "./format.ts";
import { NotebookOutputs } from "./outputs.ts";

/** A cell that does not stop when it is interrupted is interrupted harder, and at last its kernel is ended. */
const LADDER_MS = [2000, 3000, 5000] as const;

/** How long timers, downloads and programs that the cells have left behind may go on after the last one. */
const REST_MS = 10_000;

export interface RunOptions {
  start(options: Pick<KernelOptions, "onPublication" | "onExit" | "onInput">): KernelClient;
  /** Answers what cells ask; without it they cannot. */
  onInput?: KernelOptions["onInput"];
  /** For each cell, in milliseconds. */
  timeoutMs?: number | undefined;
  /** How long a cell may take to stop after each interrupt, in milliseconds; after the last its kernel is ended. */
  ladderMs?: readonly number[];
  /** Goes on after a cell that failed. */
  allowErrors?: boolean;
  observer?: RunObserver;
  /** Called before the first cell; what it rejects with, `run` rejects with. It may change the notebook. */
  prepare?(kernel: KernelClient): Promise<void>;
}

/** A cell by its place among those that run, from 1: "cell 3 of 7". */
export interface CellPlace {
  number: number;
  of: number;
}

/** Who wants to know how the run gets on. */
export interface RunObserver {
  onCell?(cell: CodeCell, place: CellPlace): void;
  /** Everything that the kernel publishes; the next message waits for the promise. */
  onPublication?(message: Message): void | Promise<void>;
  onCellFailed?(place: CellPlace, error: ErrorContent): void;
}

export type RunResult =
  | { status: "ok"; cells: number; failures: number }
  | { status: "failed"; place: CellPlace; error: ErrorContent }
  | { status: "timeout"; place: CellPlace }
  | { status: "stopped"; place: CellPlace };

type CellOutcome = { status: "ok" } | { status: "error"; error: ErrorContent };

export class NotebookRun {
  readonly #notebook: Notebook;
  readonly #options: RunOptions;
  readonly #outputs = new NotebookOutputs();
  readonly #idle = new Map<string, () => void>();
  #kernel: KernelClient | undefined;
  #died: Promise<void> | undefined;
  #stopping = 0;
  #timedOut = false;

  constructor(notebook: Notebook, options: RunOptions) {
    this.#notebook = notebook;
    this.#options = options;
  }

  /**
   * Runs the notebook to its end or to the first cell that fails. The outputs are in the notebook afterwards, whatever
   * happened. Rejects only when the kernel cannot be started or `prepare` rejects.
   */
  async run(): Promise<RunResult> {
    for (const cell of this.#notebook.cells) {
      // Outputs of an earlier run beside those of this one would be taken for this one's.
      if (cell.cell_type === "code" && !isTagged(cell, "skip-execution"))
        Object.assign(cell, { outputs: [], execution_count: null });
    }
    let reportDeath = () => {};
    this.#died = new Promise((resolve) => (reportDeath = resolve));
    const kernel = this.#options.start({
      onPublication: (message) => this.#receive(message),
      onExit: () => reportDeath(),
      ...(this.#options.onInput && { onInput: this.#options.onInput }),
    });
    this.#kernel = kernel;
    try {
      describeKernel(this.#notebook, await kernel.ready);
      // The process answers before its session is there, for which no cell's time should count.
      await this.#rests(kernel, 0);
      await this.#options.prepare?.(kernel);
      const cells = this.#notebook.cells.filter(
        (cell): cell is CodeCell =>
          cell.cell_type === "code" && joined(cell.source).trim() !== "" && !isTagged(cell, "skip-execution"),
      );
      const result = await this.#runCells(kernel, cells);
      if (result.status === "ok") await this.#rest(kernel);
      return result;
    } finally {
      this.#outputs.flush();
      await kernel.shutdown();
    }
  }

  /** Stops the run: the cell is interrupted, the second time harder, the third time its kernel is ended. */
  stop(): void {
    this.#stopping++;
    if (this.#stopping > 2) this.#kernel?.dispose();
    // A kernel that cannot be asked any more has died; the cell's own request says so.
    else void this.#kernel?.interrupt().catch(() => {});
  }

  async #runCells(kernel: KernelClient, cells: readonly CodeCell[]): Promise<RunResult> {
    const { allowErrors, observer } = this.#options;
    let failures = 0;
    for (const [index, cell] of cells.entries()) {
      const place = { number: index + 1, of: cells.length };
      if (this.#stopping > 0) return { status: "stopped", place };
      observer?.onCell?.(cell, place);
      const outcome = await this.#runCell(kernel, cell);
      if (this.#timedOut) return { status: "timeout", place };
      if (this.#stopping > 0) return { status: "stopped", place };
      if (outcome.status === "ok") continue;
      const { error } = outcome;
      const died = error.ename === "KernelDied";
      if (!died && isTagged(cell, "raises-exception")) continue;
      observer?.onCellFailed?.(place, error);
      if (died || !allowErrors) return { status: "failed", place, error };
      failures++;
    }
    return { status: "ok", cells: cells.length, failures };
  }

  /** What the cells have left behind goes on for a while, as in any program; then each is told that it was stopped. */
  async #rest(kernel: KernelClient): Promise<void> {
    const rests = await this.#rests(kernel, Math.min(this.#options.timeoutMs ?? REST_MS, REST_MS));
    if (rests || this.#stopping > 0) return;
    await kernel.interrupt();
    // Answered behind what the interrupt says.
    await this.#rests(kernel, 0);
  }

  /** Whether nothing is under way any more, within that time. A kernel that is gone has nothing under way. */
  async #rests(kernel: KernelClient, within_ms: number): Promise<boolean> {
    try {
      const { reply } = kernel.request("gradbook_rest_request", { within_ms });
      const content = await Promise.race([reply, this.#died]);
      return content?.status !== "ok" || content.rests;
    } catch (error) {
      if (error instanceof KernelDied) return true;
      throw error;
    }
  }

  async #runCell(kernel: KernelClient, cell: CodeCell): Promise<CellOutcome> {
    const code = joined(cell.source).replaceAll("\r\n", "\n");
    const allow_stdin = this.#options.onInput !== undefined;
    const { msg_id, reply } = kernel.execute({ code, store_history: true, allow_stdin, stop_on_error: true });
    this.#outputs.start(cell, msg_id);
    const idle = new Promise<void>((resolve) => this.#idle.set(msg_id, resolve));
    const stopTimer = this.#startTimer(kernel);
    try {
      const content = await reply;
      await Promise.race([idle, this.#died]);
      return content.status === "error" ? { status: "error", error: content } : { status: "ok" };
    } catch (error) {
      if (!(error instanceof KernelDied)) throw error;
      const content = { ename: "KernelDied", evalue: error.message, traceback: [`KernelDied: ${error.message}`] };
      this.#outputs.fail(cell, content);
      return { status: "error", error: content };
    } finally {
      stopTimer();
      this.#idle.delete(msg_id);
    }
  }

  /** After the timeout goes up the ladder, step by step, until the returned function is called. */
  #startTimer(kernel: KernelClient): () => void {
    const { timeoutMs, ladderMs = LADDER_MS } = this.#options;
    if (timeoutMs === undefined) return () => {};
    let timer: NodeJS.Timeout;
    const climb = (step: number) => {
      this.#timedOut = true;
      if (step === ladderMs.length) return kernel.dispose();
      void kernel.interrupt().catch(() => {});
      timer = setTimeout(climb, ladderMs[step], step + 1);
    };
    timer = setTimeout(climb, timeoutMs, 0);
    return () => clearTimeout(timer);
  }

  async #receive(message: Message): Promise<void> {
    this.#outputs.take(message);
    await this.#options.observer?.onPublication?.(message);
    const { msg_id } = message.parent_header as { msg_id?: string };
    // Nobody is here to move a widget or to watch a figure: what waits for that learns it.
    if (message.header.msg_type === "comm_open")
      this.#kernel?.comm("comm_close", { comm_id: message.content["comm_id"] as string, data: {} });
    if (message.header.msg_type === "status" && message.content["execution_state"] === "idle")
      this.#idle.get(msg_id ?? "")?.();
  }
}

/** A notebook that does not say yet what runs it says so afterwards; other tools show it right then. */
function describeKernel({ metadata }: Notebook, { language_info }: KernelInfo): void {
  metadata.kernelspec ??= { ...KERNELSPEC };
  metadata.language_info ??= { ...language_info };
}
