/** One live figure in a page: the picture, the values under the pointer, a zoom of the steps and a logarithmic loss. */
import { liveChart } from "../../kernel/plot/live/chart.ts";
import type { LiveState } from "../../kernel/plot/live/state.ts";
import { headline } from "../../kernel/plot/live/summary.ts";
import type { PicturePanel } from "../../kernel/plot/svg.ts";
import { staticSvg } from "../../kernel/plot/svg.ts";
import { stayInPlaceOfPicture } from "./place.ts";
import { Pointer } from "./pointer.ts";
import { within } from "./steps.ts";
import { STYLE } from "./style.ts";
import { onThemeChange, paletteAt } from "./theme.ts";

/** Narrower or wider the picture is scaled. */
const WIDTH = { least: 480, most: 900 };

export class View {
  readonly root = document.createElement("div");
  #state: LiveState;
  #yScale: "linear" | "log";
  #steps: [number, number] | undefined;
  #status = document.createElement("span");
  #picture = document.createElement("div");
  #log: HTMLButtonElement;
  #all: HTMLButtonElement;
  #pointer: Pointer;
  #width = 0;
  #focused: HTMLElement | undefined;
  #stop: (() => void)[] = [];

  constructor(state: LiveState) {
    this.#state = state;
    this.#yScale = state.yScale;
    this.root.className = "gb-live";
    const style = document.createElement("style");
    style.textContent = STYLE;
    this.#all = button("All steps", "Show all steps again", () => this.#zoom(undefined));
    this.#log = button("Log", "Loss on a logarithmic axis", () => {
      this.#yScale = this.#yScale === "log" ? "linear" : "log";
      this.#draw();
    });
    const head = document.createElement("div");
    head.className = "gb-head";
    head.append(this.#status, this.#all, this.#log);
    this.#picture.className = "gb-picture";
    this.#pointer = new Pointer(this.#picture, (steps) => this.#zoom(steps));
    this.root.append(style, head, this.#picture, this.#pointer.label);
    this.root.addEventListener("focusin", ({ target }) => (this.#focused = target as HTMLElement));
    this.root.addEventListener("focusout", ({ relatedTarget }) => {
      // A place that is replaced takes the focus away without giving it to anybody.
      if (relatedTarget) this.#focused = undefined;
    });
    const sizes = new ResizeObserver(() => this.#widthNow() !== this.#width && this.#draw());
    sizes.observe(this.root);
    this.#stop.push(
      () => sizes.disconnect(),
      onThemeChange(() => this.#draw()),
    );
  }

  moveTo(mount: HTMLElement): void {
    mount.replaceChildren(this.root);
    if (this.#focused && document.activeElement === document.body) this.#focused.focus({ preventScroll: true });
    stayInPlaceOfPicture(mount, this.root, this.#state.id);
  }

  show(state: LiveState): void {
    this.#state = state;
    this.#draw();
  }

  dispose(): void {
    for (const stop of this.#stop) stop();
  }

  #zoom(steps: [number, number] | undefined): void {
    this.#steps = steps;
    this.#draw();
  }

  #widthNow(): number {
    return Math.min(WIDTH.most, Math.max(WIDTH.least, Math.floor(this.root.clientWidth)));
  }

  #draw(): void {
    if (!this.root.isConnected || this.root.clientWidth === 0) return;
    this.#width = this.#widthNow();
    const palette = paletteAt(this.root);
    const steps = this.#steps;
    const state = steps ? within(this.#state, steps) : this.#state;
    const chart = liveChart(state, { palette, yScale: this.#yScale, ...(steps && { steps }) });
    const picture = staticSvg(chart, { width: this.#width, bare: true });
    // Our own charts are all within what the static picture can show.
    if ("reason" in picture) return;
    this.root.dataset["theme"] = palette.name;
    this.root.dataset["seq"] = String(this.#state.seq);
    this.#status.textContent = headline(this.#state).slice(this.#state.title.length + 2);
    this.#log.setAttribute("aria-pressed", String(this.#yScale === "log"));
    this.#all.hidden = !steps;
    this.#picture.innerHTML = picture.svg;
    this.#pointer.drawn(picture.panels as readonly PicturePanel[]);
  }
}

function button(text: string, title: string, onClick: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.title = title;
  made.addEventListener("click", onClick);
  return made;
}
