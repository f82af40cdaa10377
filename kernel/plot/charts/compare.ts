import { figure, type Figure } from "../figure.ts";
import { addPoint, emptyCurve, encodeValue } from "../live/curve.ts";
import { light } from "../palette.ts";
import type { Trace } from "../plotly.ts";
import { checkOptions, recorded, type Run } from "../runs.ts";
import { axisTitle, scale, sheet } from "../sheet.ts";

const DASHES = ["solid", "dash", "dot", "dashdot"];

/**
 * Several runs in one figure: `plot.compare({ SGD: liveSgd, Adam: liveAdam })`.
 *
 * Each is drawn smoothed (`smoothing`, 0 … 1; 0 draws the values themselves) with its last value in the legend. Runs
 * differ by colour and by dash, so that they can be told apart without colours.
 */
export function compare(
  runs: { readonly [name: string]: Run },
  options: { title?: string; smoothing?: number; yScale?: "linear" | "log"; metric?: string } = {},
): Figure {
  checkOptions("plot.compare", options, ["title", "smoothing", "yScale", "metric"]);
  const {
    metric = "loss",
    title = `${metric[0]!.toUpperCase()}${metric.slice(1)} by run`,
    smoothing = 0.9,
    yScale = "linear",
  } = options;
  const traces = Object.entries(runs).map(([name, run], i): Trace => {
    const { step, value } = recorded("plot.compare", name, run, metric);
    const curve = emptyCurve({ limit: 2000, smoothing });
    step.forEach((s, k) => addPoint(curve, s, encodeValue(value[k]!)));
    const color = light.series[i % light.series.length]!;
    const few = curve.step.length <= 24;
    return {
      type: "scatter",
      mode: few ? "lines+markers" : "lines",
      name,
      x: curve.step,
      y: smoothing > 0 ? curve.smooth : curve.value,
      line: { color, width: 2, dash: DASHES[i % DASHES.length] },
      marker: { color, size: 5 },
      hovertemplate: `${name} %{y:.4~g}<extra></extra>`,
    };
  });
  const panel = {
    traces,
    xaxis: { title: axisTitle("step") },
    yaxis: { title: axisTitle(metric), ...scale(yScale, ...traces.map(({ y }) => y as number[])) },
  };
  const { data, layout } = sheet([{ heightPx: 320, panels: [panel] }], {
    title,
    legend: traces.length > 6 ? "beside" : "above",
  });
  return figure(data, layout);
}
