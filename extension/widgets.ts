/**
 * Widgets: keeps the newest state of each, so that a renderer that comes late gets it and a save writes it; brings what
 * the user does to the kernel, one message at a time, and of many changes while the kernel is busy only the newest.
 */
import { randomUUID } from "node:crypto";
import * as vscode from "vscode";
import type { CommMessages, MimeBundle } from "../kernel/protocol/messages.ts";
import { widgetBundle } from "../kernel/widgets/bundle.ts";
import {
  WIDGET_TARGET,
  type FromWidgetRenderer,
  type ToWidgetRenderer,
  type WidgetAction,
  type WidgetMessage,
  type WidgetState,
} from "../kernel/widgets/state.ts";
import { RENDERER } from "./ids.ts";
import type { KernelCell } from "./kernelCell.ts";

/** The kernel that a widget lives in. */
export interface WidgetKernel {
  readonly notebook: vscode.NotebookDocument;
  /** Sends; what that causes is shown under `cell`. Returns the id of the message, undefined without a kernel. */
  tell(comm_id: string, data: WidgetMessage, cell: KernelCell | undefined): string | undefined;
}

interface Live {
  kernel: WidgetKernel;
  /** The cell that made it: what its handlers show belongs there. */
  cell: KernelCell | undefined;
  /** Tells renderers that a message is for what they show, and not for a copy of the notebook. */
  session: string;
  state: WidgetState;
  /** Whether outputs that show it are older than `state`. */
  changed: boolean;
  /** Id of the message that the kernel has not handled yet. */
  underWay: string | undefined;
  waiting: WidgetAction[];
  /** The last action of each renderer, by its own count. */
  acts: { [renderer: string]: number };
}

const NEVER = "Run the cell to use this.";
const LOST = "The kernel that made this is gone. Run the cell again to use it.";
const CLOSED = "The notebook's code has closed this.";

export class Widgets implements vscode.Disposable {
  readonly #messaging = vscode.notebooks.createRendererMessaging(RENDERER);
  readonly #live = new Map<string, Live>();
  /** Why those that lived in an open notebook can no longer be used. */
  readonly #ended = new WeakMap<vscode.NotebookDocument, Map<string, string>>();
  readonly #subscription: vscode.Disposable;

  constructor() {
    this.#subscription = this.#messaging.onDidReceiveMessage(({ editor, message }) =>
      this.#receive(editor, message as FromWidgetRenderer),
    );
  }

  open(
    kernel: WidgetKernel,
    cell: KernelCell | undefined,
    { comm_id, target_name, data }: CommMessages["comm_open"],
  ): void {
    if (target_name !== WIDGET_TARGET) return;
    const state = data["state"] as WidgetState;
    const session = randomUUID();
    this.#live.set(comm_id, {
      ...{ kernel, cell, session, state, changed: false },
      ...{ underWay: undefined, waiting: [], acts: {} },
    });
  }

  /** The kernel has changed something. What the user has changed since then counts more. */
  update({ comm_id, data }: CommMessages["comm_msg"]): void {
    const live = this.#live.get(comm_id);
    const message = data as unknown as WidgetMessage;
    // An echo tells other front ends what this one has said.
    if (!live || message.method !== "update") return;
    const newer = new Set(live.waiting.flatMap((action) => ("state" in action ? Object.keys(action.state) : [])));
    this.#change(live, Object.fromEntries(Object.entries(message.state).filter(([name]) => !newer.has(name))));
    this.#show(comm_id, live);
  }

  /** Closed by code, or `lost` with its session. */
  close({ comm_id }: CommMessages["comm_close"], lost: boolean): void {
    const live = this.#live.get(comm_id);
    if (live) this.#end(comm_id, live, lost ? LOST : CLOSED);
  }

  /** The kernel has handled a message, and all that its handlers showed at once is there. */
  handled(msg_id: string): void {
    for (const [id, live] of this.#live) {
      if (live.underWay !== msg_id) continue;
      live.underWay = undefined;
      this.#send(id, live);
    }
  }

  /** What the outputs of a notebook must show to be up to date, by widget. */
  takeChanged(notebook: vscode.NotebookDocument): [id: string, bundle: MimeBundle][] {
    const changed = [...this.#live].filter(([, live]) => live.kernel.notebook === notebook && live.changed);
    for (const [, live] of changed) live.changed = false;
    return changed.map(([id, { state }]) => [id, widgetBundle(id, state)]);
  }

  /** The kernel of a notebook is gone. */
  stop(notebook: vscode.NotebookDocument): void {
    for (const [id, live] of this.#live) if (live.kernel.notebook === notebook) this.#end(id, live, LOST);
  }

  move(from: vscode.NotebookDocument, to: vscode.NotebookDocument): void {
    const ended = this.#ended.get(from);
    if (ended) this.#ended.set(to, ended);
  }

  #receive(editor: vscode.NotebookEditor, message: FromWidgetRenderer): void {
    const { id } = message;
    const live = this.#live.get(id);
    const mine = live?.kernel.notebook === editor.notebook ? live : undefined;
    if (message.type === "widget-mount") {
      const note = this.#ended.get(editor.notebook)?.get(id) ?? NEVER;
      const { session = "", state = undefined, acts = {} } = mine ?? {};
      const reply = { type: "widget", id, session, state, note: mine ? undefined : note, acts, mounted: true } as const;
      void this.#messaging.postMessage(reply satisfies ToWidgetRenderer, editor);
    } else if (message.type === "widget-act" && live && mine && message.session === live.session) {
      const { action, renderer, count } = message;
      live.acts[renderer] = count;
      if ("state" in action) this.#change(live, action.state);
      const last = live.waiting.at(-1);
      if (last && "state" in last && "state" in action) Object.assign(last.state, action.state);
      else live.waiting.push(action);
      this.#show(id, live);
      this.#send(id, live);
    }
  }

  #change(live: Live, changes: { [name: string]: unknown }): void {
    live.state = { ...live.state, ...changes };
    live.changed = true;
  }

  #send(id: string, live: Live): void {
    if (live.underWay !== undefined) return;
    const action = live.waiting.shift();
    if (!action) return;
    const data: WidgetMessage =
      "state" in action
        ? { method: "update", state: action.state, buffer_paths: [] }
        : { method: "custom", content: action.custom };
    live.underWay = live.kernel.tell(id, data, live.cell);
  }

  #show(id: string, { session, state, acts }: Live): void {
    void this.#messaging.postMessage({ type: "widget", id, session, state, acts } satisfies ToWidgetRenderer);
  }

  #end(id: string, { kernel, session, state, acts }: Live, note: string): void {
    const { notebook } = kernel;
    const ended = this.#ended.get(notebook) ?? new Map<string, string>();
    this.#ended.set(notebook, ended.set(id, note));
    this.#live.delete(id);
    void this.#messaging.postMessage({ type: "widget", id, session, state, note, acts } satisfies ToWidgetRenderer);
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}
