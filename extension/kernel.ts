/** The kernel of one notebook: its process, the queue of its cells, and where what it publishes belongs. */
import * as vscode from "vscode";
import type { KernelClient, KernelExit } from "../kernel/client/kernelClient.ts";
import { startKernel } from "../kernel/client/startKernel.ts";
import type { ErrorContent, Message, Publications } from "../kernel/protocol/messages.ts";
import { BackPressure } from "./backPressure.ts";
import type { CellExecution, Executions } from "./executions.ts";
import type { LiveFigures } from "./liveFigures.ts";
import { CellOutputs, Displays, updateDisplay } from "./outputs.ts";
import { RunQueue, type Waiting } from "./runQueue.ts";
import { engineSettings, setting } from "./settings.ts";
import { workingFolder } from "./workingFolder.ts";

export type KernelState = "none" | "starting" | "idle" | "busy" | "restarting" | "dead";

/** Bytes, as the kernel measured them with its last status. */
export interface KernelMemory {
  rss: number;
  heapUsed: number;
}

export interface KernelSurroundings {
  /** Path of dist/kernel/main.js. */
  kernelPath: string;
  executions: Executions;
  figures: LiveFigures;
  log: vscode.LogOutputChannel;
  /** State or memory changed. */
  onChange(): void;
  /** The process ended and nobody had asked for it. `cell` is the one that was running. */
  onDeath(because: string, cell: vscode.NotebookCell | undefined): void;
}

/** Long against the 10 ms for which VS Code collects outputs, short against what it gives a save. */
const SETTLE_MS = 400;

interface Running extends Waiting {
  msg_id: string;
  /** The stop button was pressed: what waited then was cancelled then, and what was started since shall run. */
  interrupted: boolean;
  /** Called with the kernel's time, in ms, when the cell's idle status comes. */
  onIdle(time: number): void;
}

export class NotebookKernel {
  readonly notebook: vscode.NotebookDocument;
  readonly #around: KernelSurroundings;
  readonly #queue = new RunQueue();
  readonly #outputs = new WeakMap<vscode.NotebookCell, CellOutputs>();
  readonly #displays = new Displays();
  readonly #backPressure = new BackPressure();
  /** The cell that a request, and everything it causes however late, belongs to. */
  #cells = new Map<string, vscode.NotebookCell>();
  #client: KernelClient | undefined;
  #running: Running | undefined;
  #draining = false;
  #restarting: Promise<void> | undefined;
  #disposed = false;
  #state: KernelState = "none";
  #memory: KernelMemory | undefined;

  constructor(notebook: vscode.NotebookDocument, around: KernelSurroundings) {
    this.notebook = notebook;
    this.#around = around;
  }

  get state(): KernelState {
    return this.#state;
  }
  get memory(): KernelMemory | undefined {
    return this.#memory;
  }
  get pid(): number | undefined {
    return this.#client?.pid;
  }
  /** Whether a cell is running or waits. */
  get isRunning(): boolean {
    return this.#draining;
  }

  /** Starts the process unless there is one. */
  start(): KernelClient {
    if (this.#client) return this.#client;
    const { log, kernelPath } = this.#around;
    const runtime = setting("runtime", this.notebook.uri);
    const cwd = workingFolder(this.notebook);
    log.info(`${this.notebook.uri.fsPath}: starting a kernel with ${runtime || process.execPath} in ${cwd}`);
    const client = startKernel({
      kernelPath,
      cwd,
      ...(runtime && { runtime }),
      env: engineSettings(this.notebook.uri),
      onPublication: (message) => (client === this.#client ? this.#publish(message) : undefined),
      onExit: (exit) => this.#exited(client, exit),
      onLog: (text) => log.info(`kernel ${client.pid}: ${text.trimEnd()}`),
    });
    this.#client = client;
    this.#cells = new Map();
    this.#memory = undefined;
    this.#set("starting");
    client.ready.then(
      () => client === this.#client && this.#state === "starting" && this.#set("idle"),
      (error: Error) => this.#failedToStart(client, error),
    );
    return client;
  }

  /** Queues cells; one that runs or waits already is not queued again. */
  run(cells: readonly vscode.NotebookCell[]): void {
    for (const cell of cells) {
      if (cell.kind !== vscode.NotebookCellKind.Code) continue;
      if (this.#running?.cell === cell || this.#queue.has(cell)) continue;
      const execution = this.#around.executions.create(cell);
      if (execution) this.#queue.push({ cell, execution });
    }
    if (!this.#draining) void this.#drain();
  }

  /** Cells that wait are cancelled; the one that runs is stopped, harder with each call. */
  async interrupt(): Promise<void> {
    this.#queue.cancel();
    if (this.#running) this.#running.interrupted = true;
    // Before the kernel has started there is nothing to stop: the cell is simply not sent.
    if (this.#running && this.#running.msg_id === "") this.#running.execution.end(undefined);
    else if (this.#running) await this.#client?.interrupt();
  }

  /** Calls while one is under way share it. */
  restart(): Promise<void> {
    return (this.#restarting ??= this.#restart().finally(() => (this.#restarting = undefined)));
  }

  async #restart(): Promise<void> {
    this.#queue.cancel();
    const old = this.#client;
    const running = this.#running;
    if (running) {
      await this.#outputsOf(running.cell).error(
        said("KernelRestarted", "The kernel was restarted while this cell ran."),
      );
      running.execution.end(false, Date.now());
    }
    this.#set("restarting");
    await old?.shutdown();
    this.#client = undefined;
    this.#around.figures.stop(this.notebook);
    if (!this.#disposed) await this.start().ready;
  }

  /** Ends the process and everything that waits for it. */
  dispose(): void {
    this.#disposed = true;
    this.#queue.cancel();
    this.#running?.execution.end(undefined);
    const client = this.#client;
    this.#client = undefined;
    client?.dispose();
    this.#around.figures.stop(this.notebook);
    this.#set("none");
  }

  /** Cells were deleted: those that wait must not run. (VS Code interrupts by itself when the one that runs goes.) */
  removed(cells: readonly vscode.NotebookCell[]): void {
    this.#queue.cancel(cells);
    for (const [id, cell] of this.#cells) if (cells.includes(cell)) this.#cells.delete(id);
  }

  /**
   * Puts what the running figures show into the document, so that a save has it. VS Code gives this 1.5 s and then saves
   * without it. A busy window answers later than that, but takes what was sent before our answer in its order: so this
   * waits until it was sent, and for the window only a moment.
   */
  async settleFigures(): Promise<void> {
    const shown = this.#around.figures
      .running(this.notebook)
      .map(([id, bundle]) => updateDisplay(id, bundle, this.#displays, this.#around.executions));
    const moment = new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    await Promise.race([Promise.all([...shown, this.#backPressure.settled()]), moment]);
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    try {
      for (let next = this.#queue.next(); next; next = this.#queue.next()) {
        await this.#restarting;
        if (next.execution.ended) continue;
        const goOn = await this.#runCell(next);
        if (!goOn && !tagsOf(next.cell).includes("raises-exception")) this.#queue.cancel();
      }
    } finally {
      this.#draining = false;
    }
  }

  /** Whether the cells after this one may run. */
  async #runCell({ cell, execution }: Waiting): Promise<boolean> {
    if (cell.document.getText().trim() === "") {
      execution.start(Date.now());
      await this.#outputsOf(cell).begin(execution);
      execution.end(undefined);
      return true;
    }
    let idle!: (time: number) => void;
    const isIdle = new Promise<number>((resolve) => (idle = resolve));
    const running: Running = { cell, execution, msg_id: "", interrupted: false, onIdle: idle };
    this.#running = running;
    try {
      const client = this.start();
      await client.ready;
      // Interrupted, deleted or closed while the kernel started.
      if (execution.ended || cell.index < 0) return (execution.end(undefined), false);
      // Read as late as this, so that what runs is what is seen.
      const code = cell.document.getText().replaceAll("\r\n", "\n");
      const { msg_id, reply } = client.execute(
        { code, silent: false, store_history: true, allow_stdin: false, stop_on_error: false },
        { cellId: cell.metadata["id"] ?? cell.document.uri.toString() },
      );
      running.msg_id = msg_id;
      this.#cells.set(msg_id, cell);
      const { status } = await reply;
      const time = await isIdle;
      await this.#backPressure.settled();
      execution.end(status === "ok", time);
      return status === "ok" || running.interrupted;
    } catch (error) {
      if (!execution.ended) await this.#fail(cell, execution, error as Error);
      return false;
    } finally {
      if (this.#running === running) this.#running = undefined;
    }
  }

  /** The kernel died under the cell, or did not start for it. */
  async #fail(cell: vscode.NotebookCell, execution: CellExecution, { name, message }: Error): Promise<void> {
    await this.#backPressure.settled();
    if (!execution.started) {
      execution.start(Date.now());
      await this.#outputsOf(cell).begin(execution);
    }
    const lost = name === "KernelDied" ? `${message}\nThe variables are lost. Restart the kernel to go on.` : message;
    await this.#outputsOf(cell).error(said(name === "KernelDied" ? name : "KernelNotStarted", lost));
    execution.end(false, Date.now());
  }

  #publish(message: Message): void | Promise<void> {
    const parent = (message.parent_header as { msg_id?: string }).msg_id ?? "";
    const time = Date.parse(message.header.date);
    if (message.header.msg_type === "status") return this.#status(message, parent, time);
    const cell = this.#cells.get(parent);
    if (!cell) return;
    const shown = this.#show(cell, message, time);
    if (shown) return this.#backPressure.add(shown);
  }

  #status({ content, metadata }: Message, parent: string, time: number): void | Promise<void> {
    const { execution_state } = content as unknown as Publications["status"];
    this.#memory = (metadata["memory"] as KernelMemory | undefined) ?? this.#memory;
    const mine = this.#running?.msg_id === parent ? this.#running : undefined;
    if (execution_state === "idle") mine?.onIdle(time);
    // Answers to other requests (kernel_info, completion) are not what the user calls busy.
    if (mine) this.#set(execution_state === "idle" ? "idle" : "busy");
    else this.#around.onChange();
    if (mine && execution_state === "busy") return this.#begin(mine, time);
  }

  /** Old output goes when the kernel begins, and not on the click: no flash of an empty cell. */
  #begin({ cell, execution }: Running, time: number): void | Promise<void> {
    if (execution.started) return;
    execution.start(time);
    return this.#backPressure.add(this.#outputsOf(cell).begin(execution));
  }

  #show(cell: vscode.NotebookCell, { header, content }: Message, time: number): void | Promise<void> {
    const outputs = this.#outputsOf(cell);
    const of = <Type extends keyof Publications>(): Publications[Type] => content as unknown as Publications[Type];
    switch (header.msg_type) {
      case "execute_input": {
        const mine = this.#running;
        if (mine?.cell !== cell) return;
        const begun = this.#begin(mine, time);
        mine.execution.order = of<"execute_input">().execution_count;
        return begun;
      }
      case "stream":
        return outputs.stream(of<"stream">());
      case "display_data":
        return outputs.display("display_data", of<"display_data">());
      case "execute_result":
        return outputs.display("execute_result", of<"execute_result">(), of<"execute_result">().execution_count);
      case "update_display_data": {
        const { data, transient } = of<"update_display_data">();
        return updateDisplay(transient.display_id, data, this.#displays, this.#around.executions);
      }
      case "error":
        return outputs.error(of<"error">());
      case "clear_output":
        return outputs.clear(of<"clear_output">().wait);
      case "comm_open":
        return this.#around.figures.open(this.notebook, of<"comm_open">());
      case "comm_msg":
        return this.#around.figures.advance(of<"comm_msg">());
      default:
        this.#around.log.trace(`nothing is done with ${header.msg_type}`);
    }
  }

  #exited(client: KernelClient, exit: KernelExit): void {
    const how = exit.signal ? `killed by ${exit.signal}` : `exit code ${exit.code}`;
    this.#around.log.info(`kernel ${client.pid} ended (${how}${exit.expected ? ", as asked" : ""})`);
    if (client === this.#client && !exit.expected) this.#died(how);
  }

  #failedToStart(client: KernelClient, { message }: Error): void {
    this.#around.log.error(`the kernel did not start: ${message}`);
    if (client === this.#client) this.#died(`it did not start: ${message.split("\n")[0]}`);
  }

  #died(because: string): void {
    this.#client = undefined;
    this.#memory = undefined;
    this.#queue.cancel();
    this.#around.figures.stop(this.notebook);
    this.#set("dead");
    this.#around.onDeath(because, this.#running?.cell);
  }

  #outputsOf(cell: vscode.NotebookCell): CellOutputs {
    let outputs = this.#outputs.get(cell);
    if (!outputs) this.#outputs.set(cell, (outputs = new CellOutputs(cell, this.#around.executions, this.#displays)));
    return outputs;
  }

  #set(state: KernelState): void {
    this.#state = state;
    this.#around.onChange();
  }
}

const said = (ename: string, evalue: string): ErrorContent => ({ ename, evalue, traceback: [`${ename}: ${evalue}`] });

/** Tags as Jupyter stores them in a cell's metadata. */
function tagsOf({ metadata }: vscode.NotebookCell): string[] {
  const tags: unknown = (metadata["metadata"] as { tags?: unknown } | undefined)?.tags;
  return Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [];
}
