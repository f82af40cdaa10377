import { figure, type Figure } from "../figure.ts";
import { addPoint, emptyCurve, encodeValue } from "../live/curve.ts";
import { curveTraces } from "../live/traces.ts";
import { light } from "../palette.ts";
import { checkOptions, recorded, type Run } from "../runs.ts";
import { axisTitle, scale, sheet } from "../sheet.ts";

/**
 * A loss over the training steps, raw and smoothed.
 *
 * `smoothing` is the weight of the past in the average, 0 (off) to below 1; a value that is no number leaves a gap.
 * Of more than 4,000 points smallest and largest of each few are drawn.
 */
export function lossCurve(
  run: Run,
  options: { title?: string; smoothing?: number; yScale?: "linear" | "log"; metric?: string } = {},
): Figure {
  checkOptions("plot.lossCurve", options, ["title", "smoothing", "yScale", "metric"]);
  const { title = "Loss", smoothing = 0.9, yScale = "linear", metric = "loss" } = options;
  const { step, value } = recorded("plot.lossCurve", "run", run, metric);
  const curve = emptyCurve({ limit: 4000, smoothing });
  step.forEach((s, i) => addPoint(curve, s, encodeValue(value[i]!)));
  const panel = {
    traces: curveTraces(metric, curve, light.series[0]!, light),
    xaxis: { title: axisTitle("step") },
    yaxis: { title: axisTitle(metric), ...scale(yScale, curve.value) },
  };
  const { data, layout } = sheet([{ heightPx: 300, panels: [panel] }], { title, legend: "above" });
  return figure(data, layout);
}
