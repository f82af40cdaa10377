/** One Plotly graph of a live figure. It is made once; afterwards its data change in place. */
import type { Layout, Trace } from "../../kernel/plot/plotly.ts";
import { plotly, type Graph } from "./plotly.ts";
import { drawSoon, forget, type Drawable } from "./scheduler.ts";

export interface Content {
  traces: readonly Trace[];
  /** What changes while it runs, by Plotly's paths: "xaxis.range". */
  ranges: Layout;
}
export interface PanelOptions {
  className: string;
  label: string;
  /** Drawn before others. */
  urgent?: boolean;
  /** The data to draw now. */
  content(): Content;
  /** Everything about the panel that depends on the theme and on switches, not on data. */
  layout(): Layout;
  /** The user zoomed the steps, or (undefined) asked for all of them. */
  onZoom(range: [number, number] | undefined): void;
  onDrawn(): void;
}

const CONFIG = { displayModeBar: false, displaylogo: false, responsive: false, doubleClick: false, showTips: false };

export class Panel implements Drawable {
  readonly root = document.createElement("div");
  visible = true;
  readonly urgent: boolean;
  #options: PanelOptions;
  #graph: Graph | undefined;
  #traces = 0;
  #restyle = false;
  #resize = false;
  #size = "";
  #ranges: Layout = {};

  constructor(options: PanelOptions) {
    this.#options = options;
    this.urgent = options.urgent ?? false;
    this.root.className = options.className;
    this.root.setAttribute("role", "img");
    this.root.setAttribute("aria-label", options.label);
    sight.observe(this.root);
    panels.set(this.root, this);
    sizes.observe(this.root);
  }

  /** New data. */
  changed(): void {
    drawSoon(this);
  }

  /** New theme or scale: everything is styled again, in the same graph. */
  restyled(): void {
    this.#restyle = true;
    drawSoon(this);
  }

  seen(visible: boolean): void {
    this.visible = visible;
    if (visible) drawSoon(this);
  }

  resized(width: number, height: number): void {
    const size = `${Math.round(width)} ${Math.round(height)}`;
    if (width === 0 || size === this.#size) return;
    const first = this.#size === "";
    this.#size = size;
    if (first && this.#graph === undefined) return;
    this.#resize = true;
    drawSoon(this);
  }

  draw(): void {
    // Plotly would assume 700 × 450 for an element that has no size yet.
    if (!this.root.isConnected || this.root.clientWidth === 0) return;
    const { traces, ranges } = this.#options.content();
    if (this.#graph === undefined) this.#create(traces, ranges);
    else if (this.#restyle || this.#traces !== traces.length) {
      void plotly.react(this.root, traces, withRanges(this.#options.layout(), ranges), CONFIG);
    } else if (this.#resize || !sameRanges(ranges, this.#ranges)) {
      const size = { width: this.root.clientWidth, height: this.root.clientHeight };
      void plotly.update(this.root, byTrace(traces), { ...ranges, ...size }, [...traces.keys()]);
    } else {
      // Only the lines: a quarter of the time, and no tick is touched.
      void plotly.animate(this.root, { data: traces.map(changing), traces: [...traces.keys()] }, AT_ONCE);
    }
    this.#ranges = ranges;
    this.#restyle = this.#resize = false;
    this.#traces = traces.length;
    this.#options.onDrawn();
  }

  dispose(): void {
    forget(this);
    sight.unobserve(this.root);
    sizes.unobserve(this.root);
    panels.delete(this.root);
    plotly.purge(this.root);
  }

  #create(traces: readonly Trace[], ranges: Layout): void {
    void plotly.newPlot(this.root, traces, withRanges(this.#options.layout(), ranges), CONFIG);
    this.#graph = this.root as unknown as Graph;
    this.#graph.on("plotly_relayout", (event) => {
      const [from, to] = [event["xaxis.range[0]"], event["xaxis.range[1]"]];
      if (typeof from === "number" && typeof to === "number") this.#options.onZoom([from, to]);
    });
    this.#graph.on("plotly_doubleclick", () => this.#options.onZoom(undefined));
  }
}

const AT_ONCE = { mode: "immediate", frame: { duration: 0, redraw: false }, transition: { duration: 0 } };

/** What of a trace changes while it runs. */
function changing({ x, y, mode, customdata }: Trace): Trace {
  return customdata === undefined ? { x, y, mode } : { x, y, mode, customdata };
}

function sameRanges(a: Layout, b: Layout): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

const panels = new Map<Element, Panel>();
const sight = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) panels.get(target)?.seen(isIntersecting);
  },
  // A little more than the window, so that what scrolls in is already drawn.
  { rootMargin: "200px" },
);
const sizes = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) panels.get(target)?.resized(contentRect.width, contentRect.height);
});

/** `{ "xaxis.range": r }` laid into a nested layout. */
function withRanges(layout: Layout, ranges: Layout): Layout {
  const out: Layout = { ...layout };
  for (const [path, value] of Object.entries(ranges)) {
    const [axis, option] = path.split(".") as [string, string | undefined];
    out[axis] = option === undefined ? value : { ...(out[axis] as Layout), [option]: value };
  }
  return out;
}

/** What changes with the data, as Plotly.update wants it: for each attribute one value for each trace. */
function byTrace(traces: readonly Trace[]): { [attribute: string]: unknown[] } {
  const out: { [attribute: string]: unknown[] } = { x: traces.map(({ x }) => x), y: traces.map(({ y }) => y) };
  out["mode"] = traces.map(({ mode }) => mode);
  if (traces.some(({ customdata }) => customdata !== undefined))
    out["customdata"] = traces.map(({ customdata }) => customdata);
  return out;
}
