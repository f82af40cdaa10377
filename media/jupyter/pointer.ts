/** What the pointer does over the picture: it reads values, and zooms to the steps that it is drawn over. */
import { short, grouped } from "../../kernel/plot/number.ts";
import type { Trace } from "../../kernel/plot/plotly.ts";
import type { PicturePanel } from "../../kernel/plot/svg.ts";

/** A shorter way is a click. */
const DRAG_PX = 6;
const SVG = "http://www.w3.org/2000/svg";

export class Pointer {
  /** The values, beside the pointer. */
  readonly label = document.createElement("div");
  #picture: HTMLElement;
  #panels: readonly PicturePanel[] = [];
  #at: { x: number; y: number } | undefined;
  #drag: { panel: PicturePanel; from: number; to: number } | undefined;

  constructor(picture: HTMLElement, zoom: (steps: [number, number] | undefined) => void) {
    this.#picture = picture;
    this.label.className = "gb-values";
    this.label.hidden = true;
    picture.addEventListener("pointermove", (event) => {
      this.#at = this.#place(event);
      if (this.#drag) this.#drag.to = clamp(this.#at.x, this.#drag.panel);
      this.#show();
    });
    picture.addEventListener("pointerleave", () => {
      this.#at = undefined;
      this.#show();
    });
    picture.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      const at = this.#place(event);
      const panel = this.#panelAt(at);
      if (!panel) return;
      picture.setPointerCapture(event.pointerId);
      this.#drag = { panel, from: at.x, to: at.x };
    });
    picture.addEventListener("pointerup", () => {
      const drag = this.#drag;
      this.#drag = undefined;
      if (drag && Math.abs(drag.to - drag.from) >= DRAG_PX) {
        const ends = [drag.from, drag.to].map((x) => stepAt(drag.panel, x)).sort((a, b) => a - b);
        zoom(ends as [number, number]);
      } else this.#show();
    });
    picture.addEventListener("pointercancel", () => (this.#drag = undefined));
    picture.addEventListener("dblclick", () => zoom(undefined));
  }

  /** There is a new picture. */
  drawn(panels: readonly PicturePanel[]): void {
    this.#panels = panels;
    this.#show();
  }

  /** In pixels of the picture, which may be shown smaller. */
  #place({ clientX, clientY }: PointerEvent): { x: number; y: number } {
    const svg = this.#picture.firstElementChild as SVGSVGElement;
    const { left, top, width } = svg.getBoundingClientRect();
    const scale = svg.viewBox.baseVal.width / width;
    return { x: (clientX - left) * scale, y: (clientY - top) * scale };
  }

  #panelAt({ x, y }: { x: number; y: number }): PicturePanel | undefined {
    return this.#panels.find((p) => x >= p.x && x <= p.x + p.width && y >= p.y && y <= p.y + p.height);
  }

  #show(): void {
    const svg = this.#picture.firstElementChild as SVGSVGElement | null;
    svg?.querySelector(".gb-marks")?.remove();
    const panel = this.#drag?.panel ?? (this.#at && this.#panelAt(this.#at));
    this.label.hidden = true;
    if (!svg || !panel || !this.#at) return;
    const marks = document.createElementNS(SVG, "g");
    marks.setAttribute("class", "gb-marks");
    if (this.#drag) {
      const { from, to } = this.#drag;
      for (const each of this.#panels) {
        const move = (x: number) => each.x + ((x - panel.x) / panel.width) * each.width;
        const [left, right] = [move(Math.min(from, to)), move(Math.max(from, to))];
        marks.append(rect({ x: left, y: each.y, width: right - left, height: each.height, class: "gb-range" }));
      }
      svg.append(marks);
      return;
    }
    const read = valuesAt(panel, stepAt(panel, this.#at.x));
    if (!read) return;
    const share = (read.step - panel.range[0]) / (panel.range[1] - panel.range[0]);
    if (!(share >= 0 && share <= 1)) return;
    for (const each of this.#panels) {
      marks.append(
        rect({ x: each.x + share * each.width - 0.5, y: each.y, width: 1, height: each.height, class: "gb-cursor" }),
      );
    }
    svg.append(marks);
    this.label.replaceChildren(...read.lines.map(([text, color]) => line(text, color)));
    this.label.hidden = false;
    const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
    const right = this.#at.x > panel.x + panel.width / 2;
    const offset = this.#at.x * scale + (right ? -14 - this.label.offsetWidth : 14);
    this.label.style.left = `${Math.max(0, offset)}px`;
    this.label.style.top = `${this.#picture.offsetTop + Math.max(0, this.#at.y * scale - 12)}px`;
  }
}

function clamp(x: number, panel: PicturePanel): number {
  return Math.min(panel.x + panel.width, Math.max(panel.x, x));
}

function stepAt({ x, width, range: [first, last] }: PicturePanel, at: number): number {
  return first + ((at - x) / width) * (last - first);
}

/** What the panel's lines say at the step nearest to `step`, where they say something. */
function valuesAt(
  { traces }: PicturePanel,
  step: number,
): { step: number; lines: [text: string, color?: string][] } | undefined {
  const read = traces
    .filter(({ hoverinfo }) => hoverinfo !== "skip")
    .map((trace) => ({ trace, at: nearest(trace, step) }));
  const found = read.filter((each): each is { trace: Trace; at: number } => each.at !== undefined);
  if (found.length === 0) return undefined;
  const steps = found.map(({ trace, at }) => (trace["x"] as number[])[at]!);
  const nearestStep = steps.reduce((a, b) => (Math.abs(b - step) < Math.abs(a - step) ? b : a));
  const lines: [string, string?][] = [[`step ${grouped(nearestStep)}`]];
  for (const { trace, at } of found) {
    const color = String((trace["line"] as { color?: string } | undefined)?.color ?? "");
    const fan = (trace["customdata"] as (number | null)[][] | undefined)?.[at];
    const value = (trace["y"] as number[])[at]!;
    if (!fan) lines.push([`${trace.name ?? ""} ${short(value, 4)}`, color]);
    else {
      const [q05, q25, q75, q95] = fan as [number, number, number, number];
      lines.push(
        [`median ${short(value)}`, color],
        [`25–75 % ${short(q25)} … ${short(q75)}`],
        [`5–95 % ${short(q05)} … ${short(q95)}`],
      );
    }
  }
  return { step: nearestStep, lines };
}

/** Place of the finite value nearest to a step. */
function nearest(trace: Trace, step: number): number | undefined {
  const [x, y] = [trace["x"] as (number | null)[], trace["y"] as (number | null)[]];
  let best: number | undefined;
  for (let i = 0; i < x.length; i++) {
    if (y[i] === null || y[i] === undefined) continue;
    if (best === undefined || Math.abs(x[i]! - step) < Math.abs(x[best]! - step)) best = i;
  }
  return best;
}

function rect(attributes: { [name: string]: string | number }): SVGRectElement {
  const made = document.createElementNS(SVG, "rect");
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

function line(text: string, color?: string): HTMLElement {
  const made = document.createElement("div");
  if (color) {
    const swatch = document.createElement("span");
    swatch.className = "gb-swatch";
    swatch.style.background = color;
    made.append(swatch);
  }
  // As text: names are the user's.
  made.append(text);
  return made;
}
