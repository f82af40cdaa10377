import { describedFigure, type Figure } from "../figure.ts";
import { fanPanel, fanSheet } from "../live/chart.ts";
import { fanTable } from "../live/summary.ts";
import { checkOptions, type Watched } from "../runs.ts";

/**
 * The factor that the optimizer puts on the gradient of each element, by parameter: median, 25–75 % and 5–95 %, from
 * what `plot.live` saw. SGD: lr; Adam: lr/(√v̂ + ε); AMSGrad: with the largest v̂ so far.
 * @throws TypeError when the optimizer does not declare its effective learning rate.
 */
export function effectiveLearningRates(live: Watched, options: { title?: string } = {}): Figure {
  checkOptions("plot.effectiveLearningRates", options, ["title"]);
  const { state } = live;
  const { title = `Effective learning rates, ${state.title}` } = options;
  const panels = state.parameters.map((p) => {
    if (p.rate === null) {
      throw new TypeError(
        `plot.effectiveLearningRates: ${state.optimizer || "the optimizer"} has no effectiveLearningRate(parameter).`,
      );
    }
    return fanPanel(state, p, p.rate, "rate");
  });
  const { data, layout } = fanSheet(panels, title);
  return describedFigure(data, layout, [title, ...fanTable(state, ["rate"])].join("\n"));
}
