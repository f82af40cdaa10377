import { figure, type Figure } from "../figure.ts";
import { percent } from "../number.ts";
import { checkOptions } from "../runs.ts";
import { axisTitle, sheet } from "../sheet.ts";

type Labels = ArrayLike<number> | { toTypedArray(): ArrayLike<number> };

/**
 * How often class `i` was taken for class `j`: rows are the true classes, columns the predicted ones; accuracy in the title.
 *
 * `labels` and `predictions`: whole numbers from 0, one for each example. `names` gives the classes names.
 */
export function confusionMatrix(
  labels: Labels,
  predictions: Labels,
  options: { names?: readonly string[]; title?: string } = {},
): Figure {
  checkOptions("plot.confusionMatrix", options, ["names", "title"]);
  const truth = numbers(labels);
  const guess = numbers(predictions);
  if (truth.length !== guess.length) {
    throw new RangeError(
      `plot.confusionMatrix: ${truth.length} labels and ${guess.length} predictions; give one prediction for each label.`,
    );
  }
  const bad = [...truth, ...guess].find((label) => !Number.isInteger(label) || label < 0);
  if (bad !== undefined)
    throw new RangeError(
      `plot.confusionMatrix: classes are whole numbers from 0, got ${bad}. Take argmax of scores first.`,
    );
  const classes = Math.max(options.names?.length ?? 0, 1 + [...truth, ...guess].reduce((a, b) => Math.max(a, b), -1));
  const names = Array.from({ length: classes }, (_, i) => options.names?.[i] ?? String(i));
  const counts = names.map(() => names.map(() => 0));
  truth.forEach((t, i) => counts[t]![guess[i]!]!++);
  const right = counts.reduce((sum, row, i) => sum + row[i]!, 0);
  const {
    title = `Confusion matrix, ${truth.length === 0 ? "no examples" : percent(right / truth.length) + " correct"}`,
  } = options;
  const axis = { type: "category", tickvals: names, ticktext: names, showgrid: false };
  const panel = {
    traces: [
      {
        type: "heatmap",
        x: names,
        y: names,
        z: counts,
        texttemplate: "%{z}",
        textfont: { size: classes > 12 ? 9 : 11 },
        // Few mistakes among many hits stay visible: white to blue, early.
        colorscale: [
          [0, "#f7fbff"],
          [0.02, "#deebf7"],
          [0.1, "#9ecae1"],
          [0.5, "#4292c6"],
          [1, "#08519c"],
        ],
        xgap: 1,
        ygap: 1,
        hovertemplate: "true %{y}, predicted %{x}: %{z}<extra></extra>",
      },
    ],
    xaxis: { ...axis, title: axisTitle("predicted") },
    yaxis: { ...axis, title: axisTitle("true"), autorange: "reversed" },
  };
  const { data, layout } = sheet([{ heightPx: Math.max(220, classes * 34), panels: [panel] }], { title });
  return figure(data, { ...layout, width: Math.max(420, classes * 46 + 170), hovermode: "closest" });
}

function numbers(labels: Labels): number[] {
  return Array.from("toTypedArray" in labels ? labels.toTypedArray() : labels);
}
