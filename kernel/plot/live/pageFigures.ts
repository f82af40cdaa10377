/**
 * Live figures in a front end that knows nothing of ours: JupyterLab and Notebook without any extension, VS Code's own
 * Jupyter. While a cell runs, a figure is shown as HTML that brings the script which draws it (media/jupyter) and all that
 * there is to draw, thinned out. Each frame is whole: a front end that has missed some, that shows the figure twice or that
 * was opened later draws the newest, and a notebook saved in the middle shows what it showed. At the cell's end the lasting
 * bundle takes the place.
 *
 * Jupyter's server drops what exceeds 1 MB or 1,000 messages a second; all figures together stay far below.
 */
import { escapeHtml } from "../../text/escapeHtml.ts";
import type { MimeBundle } from "../host.ts";
import { liveBundle } from "./bundle.ts";
import { PLOTLY_MIME } from "../plotly.ts";
import { applyDelta, LIVE_MIME, type LiveDelta, type LiveState } from "./state.ts";
import { liveSummary } from "./summary.ts";
import { ON_SCREEN, thinned, type Detail } from "./thinned.ts";

/** Least time between frames of all figures. */
export const PAGE_FRAME_MS = 250;
/** Characters of frames for each millisecond: 300 kB a second. */
export const PAGE_RATE = 300;
/** All that figures send within the time over which Jupyter's server takes the average. */
export const PAGE_WINDOW = { ms: 3000, size: 2_600_000 };
/** What is left of lasting bundles that would not fit. After the last only a picture is left. */
const SMALLER: readonly Detail[] = [
  { points: 1600, fans: 36_000, observations: 320 },
  ON_SCREEN,
  { points: 160, fans: 2_000, observations: 40 },
];
/** Where the script leaves its function in the page; with the version of the states that it draws. */
export const PAGE_GLOBAL = "gradbookLive1";

export interface PageOptions {
  /** Text of the script that draws. */
  script: string;
  now(): number;
  /** Whether what was sent before still waits to be taken: then a figure waits too, and not the training. */
  busy(): boolean;
}
interface PageFigure {
  state: LiveState;
  update(bundle: MimeBundle): void;
  dirty: boolean;
  sentMs: number;
}

export class PageFigures {
  readonly #options: PageOptions;
  readonly #figures = new Map<string, PageFigure>();
  /** What was sent lately: when, and how many characters. */
  #sent: { ms: number; size: number }[] = [];
  #dueMs = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: PageOptions) {
    this.#options = options;
  }

  /** What to show of a bundle in such a front end: of a figure that runs, the page that draws it. */
  first(bundle: MimeBundle): MimeBundle {
    const state = bundle[LIVE_MIME] as LiveState | undefined;
    return state?.running ? this.#page(state) : bundle;
  }

  /**
   * The lasting bundle of a figure: with fewer points where several figures end at once, or else the server would drop
   * some of them.
   */
  last(bundle: MimeBundle): MimeBundle {
    const state = bundle[LIVE_MIME] as LiveState | undefined;
    if (!state) return bundle;
    const share = this.#room() / Math.max(1, this.#figures.size);
    let fitting = bundle;
    let size = JSON.stringify(fitting).length;
    for (const detail of SMALLER) {
      if (size <= share) break;
      fitting = liveBundle(thinned(state, detail));
      size = JSON.stringify(fitting).length;
    }
    if (size > share) {
      const { [LIVE_MIME]: _state, [PLOTLY_MIME]: _plotly, ...picture } = fitting;
      fitting = picture;
      size = JSON.stringify(fitting).length;
    }
    this.#note(size);
    return fitting;
  }

  /** `update` replaces what is shown of the figure. */
  open(id: string, state: LiveState, update: (bundle: MimeBundle) => void): void {
    this.#figures.set(id, { state, update, dirty: false, sentMs: -Infinity });
  }

  send(id: string, delta: LiveDelta): void {
    const figure = this.#figures.get(id);
    if (!figure) return;
    figure.state = applyDelta(figure.state, delta);
    figure.dirty = true;
    if (delta.running) return this.#drawNext();
    // A page that stays open goes on showing the last frame; when many end at once, the lasting bundles come first.
    const page = this.#page(figure.state);
    if (page["text/html"].length * this.#figures.size < this.#room() / 2) this.#draw(figure, page);
  }

  close(id: string): void {
    this.#figures.delete(id);
  }

  /** Draws the figure that has waited longest, when it is time. */
  #drawNext(): void {
    const next = [...this.#figures.values()].filter(({ dirty }) => dirty).sort((a, b) => a.sentMs - b.sentMs)[0];
    if (!next) return;
    const wait = this.#options.busy() ? PAGE_FRAME_MS : this.#dueMs - this.#options.now();
    if (wait <= 0) this.#draw(next);
    else this.#drawLater(wait);
  }

  /** For a loop that awaits something long, and for the other figures. Never keeps a process alive. */
  #drawLater(waitMs: number): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#drawNext();
    }, waitMs);
    (this.#timer as { unref?(): void }).unref?.();
  }

  #draw(figure: PageFigure, page = this.#page(figure.state)): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    figure.dirty = false;
    figure.sentMs = this.#options.now();
    this.#dueMs = figure.sentMs + Math.max(PAGE_FRAME_MS, page["text/html"].length / PAGE_RATE);
    this.#note(page["text/html"].length);
    figure.update(page);
  }

  #note(size: number): void {
    const ms = this.#options.now();
    this.#sent = this.#sent.filter((sent) => sent.ms >= ms - PAGE_WINDOW.ms);
    this.#sent.push({ ms, size });
  }

  /** Characters that may be sent now. */
  #room(): number {
    const since = this.#options.now() - PAGE_WINDOW.ms;
    this.#sent = this.#sent.filter(({ ms }) => ms >= since);
    return Math.max(0, PAGE_WINDOW.size - this.#sent.reduce((sum, { size }) => sum + size, 0));
  }

  #page(state: LiveState) {
    const words = liveSummary(state);
    const data = JSON.stringify(thinned(state, ON_SCREEN)).replaceAll("<", "\\u003c");
    // The words are seen where scripts do not run.
    const html =
      `<div data-gradbook-live="${state.id}"><pre>${escapeHtml(words)}</pre></div>` +
      `<script>${this.#options.script}\n${PAGE_GLOBAL}(${data})</script>`;
    return { "text/html": html, "text/plain": words };
  }
}
