import { describedFigure, type Figure } from "../figure.ts";
import { fanPanel, fanSheet } from "../live/chart.ts";
import { fanTable } from "../live/summary.ts";
import { checkOptions, type Watched } from "../runs.ts";

/**
 * How far a step moves the elements of each parameter, |Δθ|: median, 25–75 % and 5–95 %, from what `plot.live` saw.
 * The share of elements that did not move is said beside each fan.
 */
export function stepSizes(live: Watched, options: { title?: string } = {}): Figure {
  checkOptions("plot.stepSizes", options, ["title"]);
  const { state } = live;
  const { title = `Step sizes |Δθ|, ${state.title}` } = options;
  const panels = state.parameters.map((p) => fanPanel(state, p, p.update, "update"));
  const { data, layout } = fanSheet(panels, title);
  return describedFigure(data, layout, [title, ...fanTable(state, ["update"])].join("\n"));
}
