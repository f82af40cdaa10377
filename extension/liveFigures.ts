/**
 * Live figures: keeps the whole state of each, so that a renderer that comes late gets all of it and a save writes what
 * the figure shows at that moment; passes deltas on to the renderers.
 */
import * as vscode from "vscode";
import { liveBundle } from "../kernel/plot/live/bundle.ts";
import { applyDelta, follows, LIVE_TARGET, type LiveDelta, type LiveState } from "../kernel/plot/live/state.ts";
import type { MimeBundle, Publications } from "../kernel/protocol/messages.ts";
import { RENDERER } from "./ids.ts";
import { saveAs, type SaveRequest } from "./saveAs.ts";

type FromRenderer = { type: "mount"; id: string } | SaveRequest;

export class LiveFigures implements vscode.Disposable {
  readonly #messaging = vscode.notebooks.createRendererMessaging(RENDERER);
  readonly #figures = new Map<string, { notebook: vscode.NotebookDocument; state: LiveState }>();
  readonly #log: vscode.LogOutputChannel;
  readonly #subscription: vscode.Disposable;

  constructor(log: vscode.LogOutputChannel) {
    this.#log = log;
    this.#subscription = this.#messaging.onDidReceiveMessage(({ editor, message }) =>
      this.#receive(editor, message as FromRenderer),
    );
  }

  open(notebook: vscode.NotebookDocument, { comm_id, target_name, data }: Publications["comm_open"]): void {
    if (target_name !== LIVE_TARGET) return;
    const state = data as unknown as LiveState;
    this.#figures.set(comm_id, { notebook, state });
    void this.#messaging.postMessage({ type: "state", id: comm_id, state });
  }

  advance({ comm_id, data }: Publications["comm_msg"]): void {
    const figure = this.#figures.get(comm_id);
    const delta = data as unknown as LiveDelta;
    if (!figure) return;
    if (follows(figure.state, delta) === "gap") {
      this.#log.warn(`live figure ${comm_id}: delta ${delta.seq} came after delta ${figure.state.seq}`);
      return;
    }
    figure.state = applyDelta(figure.state, delta);
    void this.#messaging.postMessage({ type: "delta", id: comm_id, delta });
  }

  /** What the running figures of a notebook would be saved as now, by display id. */
  running(notebook: vscode.NotebookDocument): [id: string, bundle: MimeBundle][] {
    return [...this.#figures]
      .filter(([, figure]) => figure.notebook === notebook && figure.state.running)
      .map(([id, { state }]) => [id, liveBundle(state)]);
  }

  /** The kernel is gone: its figures run no more. */
  stop(notebook: vscode.NotebookDocument): void {
    for (const [id, figure] of this.#figures) {
      if (figure.notebook !== notebook || !figure.state.running) continue;
      const { seq, elapsedMs } = figure.state;
      this.advance({
        comm_id: id,
        data: { seq: seq + 1, elapsedMs, running: false, points: {}, observations: [] } satisfies LiveDelta,
      });
    }
  }

  /** Another document took the notebook's place. */
  move(from: vscode.NotebookDocument, to: vscode.NotebookDocument): void {
    for (const figure of this.#figures.values()) if (figure.notebook === from) figure.notebook = to;
  }

  /** The notebook was closed. */
  forget(notebook: vscode.NotebookDocument): void {
    for (const [id, figure] of this.#figures) if (figure.notebook === notebook) this.#figures.delete(id);
  }

  #receive(editor: vscode.NotebookEditor, message: FromRenderer): void {
    if (message.type === "save") {
      void saveAs(message, editor.notebook);
      return;
    }
    const state = this.#figures.get(message.id)?.state;
    if (state) void this.#messaging.postMessage({ type: "state", id: message.id, state }, editor);
  }

  dispose(): void {
    this.#subscription.dispose();
  }
}
