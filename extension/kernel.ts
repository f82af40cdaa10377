/** The kernel of one notebook: its process, from start to end. */
import type * as vscode from "vscode";
import type { KernelClient, KernelExit } from "../kernel/client/kernelClient.ts";
import { startKernel } from "../kernel/client/startKernel.ts";
import { BackPressure } from "./backPressure.ts";
import { CellRuns, said } from "./cellRuns.ts";
import type { Executions } from "./executions.ts";
import { Hold } from "./hold.ts";
import { askUser } from "./input.ts";
import type { KernelCells } from "./kernelCell.ts";
import type { LiveFigures } from "./liveFigures.ts";
import { NotebookOutputs, widgetKey } from "./outputs.ts";
import { PublicationRouter, type KernelMemory } from "./publications.ts";
import type { Ran } from "./stale/cellHistory.ts";
import { kernelSettings, setting } from "./settings.ts";
import type { WidgetKernel, Widgets } from "./widgets.ts";
import { workingFolder } from "./workingFolder.ts";

export type KernelState = "none" | "starting" | "idle" | "busy" | "restarting" | "dead";

export interface KernelSurroundings extends KernelEvents {
  /** Path of dist/kernel/main.js. */
  kernelPath: string;
  cells: KernelCells;
  executions: Executions;
  figures: LiveFigures;
  widgets: Widgets;
  log: vscode.LogOutputChannel;
}

/** What a kernel tells; everybody else hears it from `Kernels`. */
export interface KernelEvents {
  /** State or memory changed. */
  onChange(): void;
  /** The process answers: requests may be sent. */
  onStart(client: KernelClient): void;
  /** The process is gone, or going: restarted, dead or closed. */
  onEnd(): void;
  /** Awaited before a cell is sent. */
  onWillRunCell(cell: vscode.NotebookCell): Promise<void>;
  onFinishCell(cell: vscode.NotebookCell, success: boolean, ran: Ran | undefined): void;
  /** The process ended and nobody had asked for it; "The kernel …" begins the sentence. `cell` is the one that was running. */
  onDeath(because: string, cell: vscode.NotebookCell | undefined): void;
}

/** Long against the 10 ms for which VS Code collects outputs, short against what it gives a save. */
const SETTLE_MS = 400;

/** Waits, but not long. */
async function forAMoment(settled: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const moment = new Promise<void>((resolve) => (timer = setTimeout(resolve, SETTLE_MS)));
  await Promise.race([settled, moment]);
  clearTimeout(timer);
}

export class NotebookKernel implements WidgetKernel {
  #notebook: vscode.NotebookDocument;
  readonly #around: KernelSurroundings;
  readonly #backPressure = new BackPressure();
  readonly #outputs: NotebookOutputs;
  readonly #runs: CellRuns;
  readonly #hold: Hold;
  #client: KernelClient | undefined;
  #restarting: Promise<void> | undefined;
  #disposed = false;
  #state: KernelState = "none";
  #memory: KernelMemory | undefined;
  /** Of the process. */
  #folder: string | undefined;

  constructor(notebook: vscode.NotebookDocument, around: KernelSurroundings) {
    const { cells, executions, figures, widgets, log } = around;
    this.#notebook = notebook;
    this.#around = around;
    const outputs = (this.#outputs = new NotebookOutputs(executions));
    const runs = (this.#runs = new CellRuns({
      cells,
      executions,
      outputs,
      backPressure: this.#backPressure,
      start: () => this.start(),
      steady: () => Promise.all([this.#restarting, this.#hold.released]),
      onWillRun: (cell) => around.onWillRunCell(cell),
      onFinish: (cell, success, ran) => around.onFinishCell(cell, success, ran),
    }));
    const router = new PublicationRouter({
      notebook: () => this.notebook,
      runs,
      outputs,
      backPressure: this.#backPressure,
      figures,
      widgets,
      kernel: this,
      log,
      onStatus: (busy, memory) => {
        this.#memory = memory ?? this.#memory;
        this.#set(busy === undefined ? this.#state : busy ? "busy" : "idle");
      },
    });
    this.#hold = new Hold((message) => router.publish(message));
  }

  get notebook(): vscode.NotebookDocument {
    return this.#notebook;
  }
  /** Where its process runs, or would. */
  get folder(): string {
    return this.#folder ?? workingFolder(this.notebook);
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
  /** For requests that start no kernel: undefined when there is none. */
  get client(): KernelClient | undefined {
    return this.#client;
  }
  /** Whether a cell is running or waits. */
  get isRunning(): boolean {
    return this.#runs.isBusy;
  }

  /** Whether a cell runs, or waits for its turn. */
  runs(cell: vscode.NotebookCell): boolean {
    return this.#runs.has(cell);
  }

  /** Starts the process unless there is one. */
  start(): KernelClient {
    if (this.#client) return this.#client;
    const { log, kernelPath } = this.#around;
    const runtime = setting("runtime", this.notebook.uri);
    const cwd = (this.#folder = workingFolder(this.notebook));
    log.info(`${this.notebook.uri.fsPath}: starting a kernel with ${runtime || process.execPath} in ${cwd}`);
    const client = startKernel({
      kernelPath,
      cwd,
      ...(runtime && { runtime }),
      env: kernelSettings(this.notebook.uri),
      onPublication: (message) => (client === this.#client ? this.#hold.add(message) : undefined),
      onInput: askUser,
      onExit: (exit) => this.#exited(client, exit),
      onLog: (text) => log.info(`kernel ${client.pid}: ${text.trimEnd()}`),
    });
    this.#client = client;
    this.#runs.forget();
    this.#memory = undefined;
    this.#set("starting");
    client.ready.then(
      () => this.#started(client),
      (error: Error) => this.#failedToStart(client, error),
    );
    return client;
  }

  run(cells: readonly vscode.NotebookCell[]): void {
    this.#runs.run(cells);
  }

  tell: WidgetKernel["tell"] = (comm_id, data, cell) => {
    const sent = this.#client?.comm("comm_msg", { comm_id, data: { ...data } });
    if (sent && cell) this.#runs.follow(sent.msg_id, cell);
    return sent?.msg_id;
  };

  /** Resolves when no cell runs or waits. */
  settled(): Promise<void> {
    return this.#runs.settled();
  }

  /** Lets a debugger into the thread of the cells, or out again. */
  async debug(command: "open" | "close"): Promise<{ url?: string; prefix?: string }> {
    const client = command === "open" ? this.start() : this.#client;
    if (!client) return {};
    await client.ready;
    const reply = await client.request("gradbook_debug_request", { command }).reply;
    if (reply.status === "error") throw new Error(reply.evalue);
    return reply;
  }

  /** Cells that wait are cancelled; what runs is stopped, harder with each call, timers of earlier cells too. */
  async interrupt(): Promise<void> {
    if (this.#runs.stop()) await this.#client?.interrupt();
  }

  /** Calls while one is under way share it. */
  restart(): Promise<void> {
    return (this.#restarting ??= this.#restart().finally(() => (this.#restarting = undefined)));
  }

  async #restart(): Promise<void> {
    const old = this.#client;
    await this.#runs.end(said("KernelRestarted", "The kernel was restarted while this cell ran."));
    this.#set("restarting");
    await old?.shutdown();
    this.#ended();
    if (!this.#disposed) await this.start().ready;
  }

  /** Ends the process and everything that waits for it. */
  dispose(): void {
    this.#disposed = true;
    this.#hold.release();
    void this.#runs.end();
    this.#client?.dispose();
    this.#ended();
    this.#set("none");
  }

  /** Another document may take the notebook's place: nothing more is shown until `release`. Resolves when all before is. */
  async hold(): Promise<void> {
    this.#hold.hold();
    await forAMoment(this.#backPressure.settled());
  }
  release(): void {
    this.#hold.release();
  }

  /** Goes on with the document that took the place of the notebook's. */
  move(to: vscode.NotebookDocument): void {
    const { cells, executions, figures, widgets, log } = this.#around;
    const from = this.#notebook;
    this.#notebook = to;
    figures.move(from, to);
    widgets.move(from, to);
    for (const moved of cells.move(from, to)) {
      executions.move(moved.cell);
      this.#outputs.move(moved);
    }
    log.info(`${from.uri.fsPath} is ${to.uri.fsPath} now; its kernel ${this.pid ?? ""} goes on`);
  }

  removed(cells: readonly vscode.NotebookCell[]): void {
    this.#runs.removed(cells);
  }

  /**
   * Puts what the running figures and the widgets show into the document, for a save. A busy window answers late, but takes what was sent
   * before our answer in its order: so a save need only wait until it was sent, and for the window a moment (`enough`).
   * `shown` resolves when the document has it; undefined where nothing has changed.
   */
  settleFigures(): { enough: Promise<unknown>; shown: Promise<unknown> | undefined } {
    const running = this.#around.figures.running(this.notebook);
    const changes = [...running.map(([id, bundle]) => this.#outputs.update(id, bundle)), ...this.#settleWidgets()];
    const all = Promise.all(changes).then(() => this.#backPressure.settled());
    const closed = forAMoment(all).then(() => this.#around.executions.closeLate(this.notebook));
    const shown = Promise.all([all, closed.then(({ restored }) => restored)]);
    return { enough: closed.then(({ enough }) => enough), shown: changes.length > 0 ? shown : undefined };
  }

  #settleWidgets(): Promise<void>[] {
    const changed = this.#around.widgets.takeChanged(this.notebook);
    return changed.map(([id, bundle]) => this.#outputs.update(widgetKey(id), bundle));
  }

  #started(client: KernelClient): void {
    if (client !== this.#client) return;
    if (this.#state === "starting") this.#set("idle");
    this.#around.onStart(client);
  }

  #failedToStart(client: KernelClient, { message }: Error): void {
    this.#around.log.error(`the kernel did not start: ${message}`);
    if (client === this.#client) this.#died(`did not start: ${message.split("\n")[0]}`);
  }

  #exited(client: KernelClient, exit: KernelExit): void {
    const how = exit.signal ? `killed by ${exit.signal}` : `exit code ${exit.code}`;
    this.#around.log.info(`kernel ${client.pid} ended (${how}${exit.expected ? ", as asked" : ""})`);
    if (client === this.#client && !exit.expected) {
      this.#died(`has ended (${how}). Its variables are lost; the notebook is as it was.`);
    }
  }

  #died(because: string): void {
    const cell = this.#runs.running?.cell.current;
    // The cell that runs learns it from its own request, and says so.
    this.#runs.cancel();
    this.#ended();
    this.#set("dead");
    this.#around.onDeath(because, cell);
  }

  #ended(): void {
    const had = this.#client !== undefined;
    this.#client = undefined;
    this.#memory = undefined;
    this.#folder = undefined;
    this.#around.figures.stop(this.notebook);
    void Promise.all(this.#settleWidgets());
    this.#around.widgets.stop(this.notebook);
    if (had) this.#around.onEnd();
  }

  #set(state: KernelState): void {
    this.#state = state;
    this.#around.onChange();
  }
}
