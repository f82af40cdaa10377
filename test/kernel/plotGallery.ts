/** One entry for each chart and each thing a chart may have to draw: tests, and pictures to look at. */
import * as plot from "../../kernel/plot/index.ts";
import { figure, type Figure } from "../../kernel/plot/figure.ts";
import { liveChart } from "../../kernel/plot/live/chart.ts";
import { liveState, noise } from "./plotFixtures.ts";

/** A loss that falls and flattens, with noise; arithmetic only, so that every machine gets the same digits. */
export function losses(count: number, { seed = 1, floor = 0.1, start = 2.3 } = {}): number[] {
  const random = noise(seed);
  return Array.from(
    { length: count },
    (_, i) => floor + (start - floor) / (1 + i / 25) + (random() - 0.5) * 0.2 * (start / (1 + i / 40)),
  );
}

const steps = (values: number[], every: number) => ({ step: values.map((_, i) => (i + 1) * every), value: values });

export const gallery: { [name: string]: () => Figure } = {
  lossCurve: () => plot.lossCurve(losses(300)),
  "lossCurve-log": () => plot.lossCurve(losses(300), { yScale: "log", title: "Loss on a logarithmic axis" }),
  "lossCurve-nan-gap": () =>
    plot.lossCurve([4, 2, 1.5, NaN, NaN, 1.2, 1, Infinity, 0.9, 0.8], { smoothing: 0, title: "Gaps, never zeros" }),
  "lossCurve-5000-steps": () => plot.lossCurve(losses(5000), { title: "5,000 steps" }),
  "lossCurve-one-point": () => plot.lossCurve([2.3], { title: "One step" }),
  "lossCurve-empty": () => plot.lossCurve([], { title: "Nothing yet" }),
  compare: () =>
    plot.compare({
      SGD: losses(200, { seed: 2, floor: 0.5 }),
      RMSprop: losses(200, { seed: 3, floor: 0.3 }),
      Adam: losses(200),
      AMSGrad: losses(200, { seed: 4, floor: 0.15 }),
    }),
  "compare-log": () =>
    plot.compare(
      { SGD: losses(200, { seed: 2 }).map((l) => l ** 4 / 100), Adam: losses(200).map((l) => l ** 6 / 1e4) },
      { yScale: "log" },
    ),
  "compare-accuracy": () =>
    plot.compare(
      { SGD: steps([0.81, 0.86, 0.88], 938), Adam: steps([0.93, 0.955, 0.962], 938) },
      { metric: "accuracy", smoothing: 0 },
    ),
  "compare-many-names": () =>
    plot.compare(
      Object.fromEntries(
        Array.from({ length: 12 }, (_, i) => [
          `learning rate ${(i + 1) / 1000}, weight decay 0.01`,
          losses(60, { seed: i + 1 }),
        ]),
      ),
    ),
  stepSizes: () => plot.stepSizes({ state: liveState() }),
  effectiveLearningRates: () => plot.effectiveLearningRates({ state: liveState() }),
  live: () => liveFigure(),
  "live-diverged": () => liveFigure({ diverged: true }),
  "live-empty": () => {
    const { data, layout } = liveChart(liveState({ steps: 0 }));
    return figure(data, layout);
  },
  "live-many-parameters": () => {
    const { data, layout } = liveChart(liveState({ parameters: 14, steps: 40 }));
    return figure(data, layout);
  },
  histogram: () =>
    plot.histogram(
      Array.from(
        { length: 2000 },
        (
          (random) => () =>
            random() + random() + random() - 1.5
        )(noise(5)),
      ),
      { label: "weight" },
    ),
  confusionMatrix: () => {
    const random = noise(6);
    const labels = Array.from({ length: 1000 }, () => Math.floor(random() * 10));
    return plot.confusionMatrix(
      labels,
      labels.map((label) => (random() < 0.9 ? label : Math.floor(random() * 10))),
    );
  },
  "confusionMatrix-names": () =>
    plot.confusionMatrix([0, 1, 2, 2], [0, 1, 1, 2], { names: ["airplane", "automobile", "bird"] }),
  schedule: () =>
    plot.schedule({
      step: Array.from({ length: 100 }, (_, i) => 0.1 * 0.5 ** Math.floor(i / 25)),
      linear: Array.from({ length: 100 }, (_, i) => 0.1 * (1 - i / 100)),
    }),
  "figure-plain": () =>
    plot.figure(
      [
        { x: [1, 2, 3, 4], y: [10, 15, 13, 17], name: "first" },
        { x: [1, 2, 3, 4], y: [16, 5, 11, 9], name: "second", mode: "markers", marker: { symbol: "diamond", size: 9 } },
        { x: [1, 4], y: [12, 12], name: "target", mode: "lines", line: { dash: "dash" } },
      ],
      { title: { text: "Any figure" }, xaxis: { title: { text: "x" } }, yaxis: { title: { text: "y" } } },
    ),
  "figure-bars": () =>
    plot.figure(
      [
        {
          type: "bar",
          name: "train",
          x: ["SGD", "RMSprop", "Adam", "AMSGrad"],
          y: [0.91, 0.95, 0.97, 0.97],
          text: ["91 %", "95 %", "97 %", "97 %"],
        },
        { type: "bar", name: "test", x: ["SGD", "RMSprop", "Adam", "AMSGrad"], y: [0.9, 0.94, 0.96, 0.955] },
      ],
      { title: { text: "Accuracy after two epochs" }, yaxis: { tickformat: ".0%" } },
    ),
  "figure-long-names": () =>
    plot.figure(
      Array.from({ length: 9 }, (_, i) => ({
        type: "bar",
        name: `a rather long name, number ${i}`,
        x: Array.from({ length: 12 }, (_, k) => `category number ${k}`),
        y: Array.from({ length: 12 }, (_, k) => i + k),
      })),
      {
        title: { text: "Long names everywhere" },
        legend: { orientation: "h" },
        margin: { t: 70, b: 40 },
        xaxis: { title: { text: "categories" } },
      },
    ),
  "figure-stack": () =>
    plot.figure(
      [
        { type: "bar", orientation: "h", name: "forward", y: ["matmul", "relu", "a rather long name"], x: [3, 1, 2] },
        { type: "bar", orientation: "h", name: "backward", y: ["matmul", "relu", "a rather long name"], x: [6, 1, 3] },
      ],
      { title: { text: "Milliseconds" }, barmode: "stack" },
    ),
  "figure-annotated": () =>
    plot.figure(
      [
        {
          x: [0, 1, 2, 3, 4],
          y: [0, 1, 4, 9, 16],
          fill: "tozeroy",
          mode: "lines+text",
          text: ["", "", "here", "", ""],
          textposition: "top left",
        },
      ],
      {
        title: { text: "Notes, <b>bold</b> &amp; x<sup>2</sup>" },
        annotations: [{ x: 3, y: 9, text: "x = 3", ax: -50, ay: -40 }],
        shapes: [
          {
            type: "line",
            x0: 0,
            x1: 1,
            xref: "x domain",
            y0: 12,
            y1: 12,
            line: { color: "#aa4499", dash: "dot", width: 1 },
          },
          {
            type: "rect",
            x0: 1,
            x1: 2,
            y0: 0,
            y1: 1,
            yref: "y domain",
            fillcolor: "#b8860b",
            opacity: 0.2,
            line: { width: 0 },
            layer: "below",
          },
        ],
      },
    ),
  "figure-heatmap": () =>
    plot.figure(
      [
        {
          type: "heatmap",
          z: Array.from({ length: 28 }, (_, y) =>
            Array.from({ length: 28 }, (_, x) => Math.max(0, 1 - ((x - 14) ** 2 + (y - 14) ** 2) / 120)),
          ),
          colorscale: "Viridis",
        },
      ],
      {
        title: { text: "28 × 28" },
        width: 420,
        height: 400,
        yaxis: { scaleanchor: "x", autorange: "reversed" },
      },
    ),
};

function liveFigure(options: { diverged?: boolean } = {}): Figure {
  const { data, layout } = liveChart(liveState(options));
  return figure(data, layout);
}
