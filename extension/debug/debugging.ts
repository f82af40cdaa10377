/**
 * Debugging of cells by VS Code's own JavaScript debugger, attached to the thread of the cells. Breakpoints, steps and
 * variables are the debugger's; ours is the way in, and that it speaks of cells.
 */
import path from "node:path";
import * as vscode from "vscode";
import type { NotebookKernel } from "../kernel.ts";
import { CellSources } from "./cellSources.ts";
import { Locals } from "./locals.ts";

/** What js-debug calls its sessions: the one we start, and below it one for each thread. */
const TYPES = ["node", "pwa-node"];
/** The property by which we know our own session again. */
const MARK = "gradbookKernel";
/** How long the debugger may take to attach, in ms. */
const ATTACH_MS = 20_000;

interface Attached {
  kernel: NotebookKernel;
  sources: CellSources;
  root?: vscode.DebugSession;
  /** The session that has the thread. */
  thread?: vscode.DebugSession;
  /** The debugger's number of the thread while it is paused. */
  paused?: number;
  /** The user wants the running cell to stop: it must not pause any more. */
  stopping: boolean;
  /** Paths for which the debugger has been given the breakpoints. */
  readonly told: Map<vscode.NotebookCell, string>;
  configured(): void;
}

export class Debugging implements vscode.Disposable {
  readonly #dist: string;
  readonly #attached = new Map<string, Attached>();
  readonly #subscriptions: vscode.Disposable[];
  #last = 0;

  constructor(dist: string) {
    this.#dist = dist;
    this.#subscriptions = [
      ...TYPES.map((type) => vscode.debug.registerDebugAdapterTrackerFactory(type, this.#trackers)),
      vscode.debug.onDidStartDebugSession((session) => {
        const attached = this.#of(session);
        if (attached && session.configuration[MARK] && !session.parentSession) attached.root = session;
      }),
      vscode.debug.onDidTerminateDebugSession((session) => {
        const attached = this.#of(session);
        if (attached && session === (attached.root ?? session)) void this.#ended(attached);
      }),
    ];
  }

  /** Whether a debugger is attached to that kernel. */
  has(kernel: NotebookKernel): boolean {
    return this.#find(kernel) !== undefined;
  }

  /** Attaches the debugger unless it is; resolves when breakpoints are set. */
  async attach(kernel: NotebookKernel): Promise<void> {
    if (this.has(kernel)) return;
    const { notebook } = kernel;
    const { url, prefix } = await kernel.debug("open");
    const id = String(++this.#last);
    let configured!: () => void;
    const ready = new Promise<void>((resolve) => (configured = resolve));
    const attached: Attached = {
      kernel,
      sources: new CellSources(() => kernel.notebook, prefix!),
      told: new Map(),
      stopping: false,
      configured,
    };
    this.#attached.set(id, attached);
    const started = await vscode.debug.startDebugging(
      vscode.workspace.getWorkspaceFolder(notebook.uri),
      {
        type: "node",
        request: "attach",
        name: `Gradbook: ${path.basename(notebook.uri.path)}`,
        [MARK]: id,
        websocketAddress: url,
        cwd: kernel.folder,
        // With stacks across awaits on, ending a loop inside a timer aborts the whole process.
        showAsyncStacks: false,
        autoAttachChildProcesses: false,
        resolveSourceMapLocations: null,
        // Otherwise short cells have run before their breakpoints are found.
        pauseForSourceMap: true,
        outFiles: [],
        skipFiles: ["<node_internals>/**", `${this.#dist.replaceAll("\\", "/")}/**`],
        internalConsoleOptions: "neverOpen",
      },
      { suppressSaveBeforeStart: true },
    );
    const late = new Promise<boolean>((resolve) => setTimeout(resolve, ATTACH_MS, false));
    if (started && (await Promise.race([ready.then(() => true), late]))) return;
    await this.#ended(attached);
    throw new Error(
      "The debugger could not be attached to the kernel. The log of VS Code's JavaScript debugger says why.",
    );
  }

  async detach(kernel: NotebookKernel): Promise<void> {
    const attached = this.#find(kernel);
    if (attached?.root) await vscode.debug.stopDebugging(attached.root);
  }

  /** Before a cell runs: its text may be another than the one whose breakpoints the debugger has. */
  async prepare(kernel: NotebookKernel, cell: vscode.NotebookCell): Promise<void> {
    const attached = this.#find(kernel);
    if (!attached?.thread) return;
    attached.stopping = false;
    attached.sources.remember();
    const source = attached.sources.pathOf(cell);
    if (attached.told.get(cell) === source) return;
    attached.told.set(cell, source);
    const uri = cell.document.uri.toString();
    const breakpoints = vscode.debug.breakpoints
      .filter((each) => each instanceof vscode.SourceBreakpoint)
      .filter(({ location, enabled }) => enabled && location.uri.toString() === uri)
      .map(({ location, condition, hitCondition, logMessage }) => ({
        line: location.range.start.line + 1,
        ...(condition !== undefined && { condition }),
        ...(hitCondition !== undefined && { hitCondition }),
        ...(logMessage !== undefined && { logMessage }),
      }));
    const told = attached.thread.customRequest("setBreakpoints", { source: { path: uri }, breakpoints });
    // A session that is just ending: the cell runs without it.
    await Promise.resolve(told).catch(() => {});
  }

  /** After the stop button: a thread that is paused cannot see that it shall stop, and a breakpoint in its loop comes again. */
  async stopCell(kernel: NotebookKernel): Promise<void> {
    const attached = this.#find(kernel);
    if (!attached || !kernel.isRunning) return;
    attached.stopping = true;
    if (attached.paused !== undefined) await goOn(attached, attached.paused);
  }

  dispose(): void {
    for (const each of this.#subscriptions) each.dispose();
  }

  #find(kernel: NotebookKernel): Attached | undefined {
    return [...this.#attached.values()].find((attached) => attached.kernel === kernel);
  }

  #of(session: vscode.DebugSession | undefined): Attached | undefined {
    if (!session) return undefined;
    return this.#attached.get(session.configuration[MARK] as string) ?? this.#of(session.parentSession);
  }

  async #ended(attached: Attached): Promise<void> {
    for (const [id, each] of this.#attached) if (each === attached) this.#attached.delete(id);
    // The kernel may be gone, which is one way for a session to end.
    await attached.kernel.debug("close").catch(() => {});
  }

  readonly #trackers: vscode.DebugAdapterTrackerFactory = {
    createDebugAdapterTracker: (session) => {
      const attached = this.#of(session);
      if (!attached) return undefined;
      const locals = new Locals();
      return {
        onWillReceiveMessage: (message: unknown) => {
          attached.sources.toDebugger(message);
          locals.toDebugger(message);
        },
        onDidSendMessage: (message: unknown) => {
          attached.sources.fromDebugger(message);
          locals.fromDebugger(message);
          follow(attached, session, message as Event);
        },
      };
    },
  };
}

/** As far as we look at it. Source: Debug Adapter Protocol. */
interface Event {
  type: string;
  event?: string;
  command?: string;
  body?: { threadId?: number };
}

function follow(attached: Attached, session: vscode.DebugSession, { type, event, command, body }: Event): void {
  if (type === "response" && command === "configurationDone" && session.parentSession) {
    attached.thread = session;
    attached.configured();
  }
  if (event === "stopped") {
    attached.paused = body?.threadId ?? 0;
    if (attached.stopping) void goOn(attached, attached.paused);
  }
  if (event === "continued" || (type === "response" && command === "continue")) delete attached.paused;
}

async function goOn(attached: Attached, threadId: number): Promise<void> {
  // The cell may have been terminated meanwhile, and the session may be over.
  await Promise.resolve(attached.thread?.customRequest("continue", { threadId })).catch(() => {});
}
