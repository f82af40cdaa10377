/** A Plotly figure that says how it is shown. */
import type { MimeBundle } from "./host.ts";
import { short } from "./number.ts";
import { plain } from "./plain.ts";
import { PLOTLY_MIME, type Layout, type PlotlyFigure, type Trace } from "./plotly.ts";
import { staticSvg, type SvgOptions } from "./svg.ts";
import { list, record } from "./svg/traceKind.ts";

export type Figure = PlotlyFigure;

/**
 * A figure of any Plotly traces: `plot.figure([{ x: [1, 2, 3], y: [2, 1, 4] }], { title: { text: "Mine" } })`.
 *
 * As the last expression of a cell it is shown: by plotly.js where there is one, else as a static picture, else in words.
 * Arrays may be typed arrays or tensors. Traces and layout are plotly.js's own: https://plotly.com/javascript/reference/
 */
export function figure(traces: readonly object[] | object, layout: object = {}): Figure {
  return describedFigure(traces, layout, undefined);
}

/** A figure whose words are given, where its traces would not say what they mean. */
export function describedFigure(traces: readonly object[] | object, layout: object, words: string | undefined): Figure {
  if (traces === null || typeof traces !== "object") {
    throw new TypeError(
      `plot.figure: traces must be an array of Plotly traces such as [{ x, y }], got ${String(traces)}.`,
    );
  }
  if (layout === null || typeof layout !== "object" || Array.isArray(layout)) {
    throw new TypeError(
      `plot.figure: layout must be an object such as { title: { text: "…" } }, got ${Array.isArray(layout) ? "an array" : String(layout)}.`,
    );
  }
  const data = (Array.isArray(traces) ? traces : [traces]) as Trace[];
  data.forEach((trace, i) => {
    if (trace === null || typeof trace !== "object" || Array.isArray(trace)) {
      throw new TypeError(
        `plot.figure: trace ${i} must be an object such as { x, y }, got ${Array.isArray(trace) ? "an array" : String(trace)}.`,
      );
    }
  });
  const made = { data: plain(data, "data") as Trace[], layout: plain(layout, "layout") as Layout };
  return Object.defineProperty(made, Symbol.for("Jupyter.display"), { value: () => figureBundle(made, words) });
}

/** The figure in every form there is; without a picture where the static one would leave something out. */
export function figureBundle(
  { data, layout }: PlotlyFigure,
  words = describe({ data, layout }),
  options: SvgOptions = {},
): MimeBundle {
  const picture = staticSvg({ data, layout }, options);
  if ("svg" in picture) return { [PLOTLY_MIME]: { data, layout }, "image/svg+xml": picture.svg, "text/plain": words };
  return {
    [PLOTLY_MIME]: { data, layout },
    "text/plain": `${words}\n(No static picture: it cannot show ${picture.reason}. The figure is drawn where plotly.js runs.)`,
  };
}

/** A summary in numbers: each trace with its size and span. */
function describe({ data, layout }: PlotlyFigure): string {
  const title = typeof layout["title"] === "string" ? layout["title"] : record(layout["title"])["text"];
  const head = typeof title === "string" ? withoutTags(title) : "Figure";
  return [
    head,
    ...data.map((trace, i) => `  ${withoutTags(trace.name ?? `trace ${i}`)}: ${describeTrace(trace)}`),
  ].join("\n");
}

function describeTrace(trace: Trace): string {
  const type = trace.type ?? "scatter";
  const values = list(trace["z"] ?? trace["y"] ?? trace["x"]).flat(2);
  const numbers = values.filter((value): value is number => typeof value === "number");
  if (numbers.length === 0) return `${type}, ${values.length} values`;
  const low = numbers.reduce((a, b) => Math.min(a, b));
  const high = numbers.reduce((a, b) => Math.max(a, b));
  const last = trace["z"] === undefined ? `, last ${short(numbers.at(-1)!, 4)}` : "";
  return `${type}, ${values.length} values from ${short(low, 4)} to ${short(high, 4)}${last}`;
}

function withoutTags(text: string): string {
  return text.replace(/<br\s*\/?>/g, " ").replace(/<\/?(b|i|em|strong|sub|sup|span)[^>]*>/g, "");
}
