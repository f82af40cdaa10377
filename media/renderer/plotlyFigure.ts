/** Any Plotly figure: the user's own, or one of our charts. */
import { light, type Palette } from "../../kernel/plot/palette.ts";
import type { Layout, PlotlyFigure, Trace } from "../../kernel/plot/plotly.ts";
import { theme } from "../../kernel/plot/sheet.ts";
import { make, makeButton } from "./elements.ts";
import { figureCsv } from "./figureCsv.ts";
import { plotly } from "./plotly.ts";
import { fileName, savePng, saveText, type Post } from "./save.ts";
import { currentPalette } from "./theme.ts";

const CONFIG = {
  // What a figure may ask for, and would send its data to a server.
  showLink: false,
  showSendToCloud: false,
  showEditInChartStudio: false,
  displaylogo: false,
  responsive: false,
  showTips: false,
  modeBarButtonsToRemove: ["toImage", "lasso2d", "select2d", "autoScale2d", "zoomIn2d", "zoomOut2d"],
};

const NARROW_PX = 600;
const LEGEND_BELOW = { orientation: "h", x: 0, xanchor: "left", yref: "container", y: 0, yanchor: "bottom" };

export class PlotlyView {
  readonly root = make("div", "gb-plotly");
  readonly #graph = make("div", "gb-graph");
  readonly #figure: PlotlyFigure & { config?: object };
  readonly #sizes: ResizeObserver;
  #width = 0;

  constructor(figure: PlotlyFigure & { config?: object }, post: Post) {
    this.#figure = figure;
    const title = titleText(figure.layout);
    const name = (extension: string) => fileName(title, extension);
    const tools = make(
      "div",
      "gb-tools",
      makeButton("PNG", "Save the figure as PNG", async () => void savePng(post, name("png"), await this.#svg())),
      makeButton("SVG", "Save the figure as SVG", async () =>
        saveText(post, name("svg"), "image/svg+xml", await this.#svg()),
      ),
      makeButton("CSV", "Save the values as CSV", () => saveText(post, name("csv"), "text/csv", figureCsv(figure))),
    );
    this.#graph.setAttribute("role", "img");
    this.#graph.setAttribute("aria-label", title || "figure");
    this.root.append(tools, this.#graph);
    this.#sizes = new ResizeObserver(([entry]) => this.#resized(entry!.contentRect.width));
  }

  async mounted(): Promise<void> {
    const { data, layout } = themed(this.#figure, currentPalette(), this.root.clientWidth);
    this.#width = this.root.clientWidth;
    await plotly.newPlot(this.#graph, data, layout, { ...this.#figure.config, ...CONFIG });
    this.#sizes.observe(this.root);
  }

  themeChanged(): void {
    const { data, layout } = themed(this.#figure, currentPalette(), this.root.clientWidth);
    void plotly.react(this.#graph, data, layout, { ...this.#figure.config, ...CONFIG });
  }

  dispose(): void {
    this.#sizes.disconnect();
    plotly.purge(this.#graph);
  }

  #resized(width: number): void {
    if (width === 0 || Math.round(width) === Math.round(this.#width)) return;
    this.#width = width;
    requestAnimationFrame(() => {
      if (this.#graph.isConnected && this.#figure.layout["width"] === undefined) void plotly.Plots.resize(this.#graph);
    });
  }

  async #svg(): Promise<string> {
    const { clientWidth: width, clientHeight: height } = this.#graph;
    const url = await plotly.toImage(this.#graph, { format: "svg", width, height });
    return decodeURIComponent(url.slice(url.indexOf(",") + 1));
  }
}

function titleText(layout: Layout | undefined): string {
  const title = layout?.["title"];
  const text = typeof title === "string" ? title : (title as { text?: unknown } | undefined)?.text;
  return typeof text === "string" ? text.replace(/<[^>]*>/g, "") : "";
}

/**
 * The figure in the colours of the page. Our own charts were made for paper: each of their colours has its counterpart.
 * For the user's figures the theme is a template, which yields to everything that the user set.
 */
function themed(figure: PlotlyFigure, palette: Palette, width: number): { data: Trace[]; layout: Layout } {
  const layout = figure.layout ?? {};
  const own = (layout["meta"] as { gradbook?: unknown } | undefined)?.gradbook !== undefined;
  if (own) {
    const paint = repaint(palette);
    const painted = paint(layout) as Layout;
    // In a narrow cell the legend takes several lines; below the figure they push nothing aside.
    if (width < NARROW_PX && painted["legend"]) painted["legend"] = LEGEND_BELOW;
    return {
      data: paint(figure.data) as Trace[],
      layout: { ...painted, paper_bgcolor: "rgba(0,0,0,0)", autosize: true },
    };
  }
  const axes = { gridcolor: palette.grid, linecolor: palette.axis, zerolinecolor: palette.axis, automargin: true };
  const look = { ...theme(palette), paper_bgcolor: "rgba(0,0,0,0)", hovermode: "closest", xaxis: axes, yaxis: axes };
  const template = layout["template"] ?? { layout: look };
  // Plotly writes into what it is given.
  return structuredClone({ data: [...figure.data], layout: { autosize: true, ...layout, template } });
}

/** Replaces the colours of the light palette, also inside rgba(…), by those of another, all through plain data. */
function repaint(palette: Palette): (value: unknown) => unknown {
  const counterparts = new Map<string, string>();
  for (const key of ["background", "border", "text", "muted", "grid", "axis", "update", "rate", "alarm"] as const) {
    counterparts.set(light[key], palette[key]);
  }
  light.series.forEach((color, i) => counterparts.set(color, palette.series[i]!));
  const faint = new Map(
    [...counterparts].flatMap(([from, to]) => (to.startsWith("#") ? [[rgbOf(from), rgbOf(to)] as const] : [])),
  );
  const paint = (value: unknown): unknown => {
    if (typeof value === "string") {
      const whole = counterparts.get(value);
      if (whole !== undefined) return whole;
      const rgba = /^rgba\((\d+, \d+, \d+), ([\d.]+)\)$/.exec(value);
      return rgba && faint.has(rgba[1]!) ? `rgba(${faint.get(rgba[1]!)}, ${rgba[2]})` : value;
    }
    if (Array.isArray(value)) return value.map(paint);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, paint(item)]));
  };
  return paint;
}

function rgbOf(hex: string): string {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)).join(", ");
}
