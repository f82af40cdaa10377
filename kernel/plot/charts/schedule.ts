import { figure, type Figure } from "../figure.ts";
import { light } from "../palette.ts";
import type { Trace } from "../plotly.ts";
import { checkOptions, recorded, type Run } from "../runs.ts";
import { axisTitle, sheet } from "../sheet.ts";

/**
 * Learning rates over the steps, one line for each schedule: `plot.schedule({ cosine: rates })`.
 * Drawn as stairs and never smoothed: a learning rate holds until it is changed.
 */
export function schedule(rates: { readonly [name: string]: Run }, options: { title?: string } = {}): Figure {
  checkOptions("plot.schedule", options, ["title"]);
  const { title = "Learning rate" } = options;
  const traces = Object.entries(rates).map(([name, run], i): Trace => {
    const { step, value } = recorded("plot.schedule", name, run, "lr");
    const color = light.series[i % light.series.length];
    return { type: "scatter", mode: "lines", name, x: step, y: value, line: { color, width: 2, shape: "hv" } };
  });
  const panel = {
    traces,
    xaxis: { title: axisTitle("step") },
    yaxis: { title: axisTitle("learning rate"), rangemode: "tozero" },
  };
  const { data, layout } = sheet([{ heightPx: 240, panels: [panel] }], {
    title,
    legend: traces.length > 1 ? "above" : undefined,
  });
  return figure(data, layout);
}
