/** A live figure as one ordinary Plotly figure: for the saved notebook, other front ends and the static picture. */
import { grouped, percent, shapeText } from "../number.ts";
import { light, type Palette } from "../palette.ts";
import type { PlotlyFigure, Trace } from "../plotly.ts";
import { axisTitle, scale, sheet, type Panel, type Row } from "../sheet.ts";
import type { Fan, ParameterFans } from "./fan.ts";
import type { LiveState } from "./state.ts";
import { nonFiniteText } from "./summary.ts";
import { curveTraces, fanTraces, isLoss } from "./traces.ts";

export interface LiveView {
  yScale?: "linear" | "log";
  palette?: Palette;
  /** Rows of parameters drawn at most; the note under the title says how many there are. */
  parameters?: number;
  /** First and last step shown; default all. */
  steps?: [number, number];
}

/** Rows of parameters in a saved figure. */
export const SHOWN_PARAMETERS = 12;

export function liveChart(state: LiveState, view: LiveView = {}): PlotlyFigure {
  const { yScale = state.yScale, palette = light, parameters = SHOWN_PARAMETERS, steps } = view;
  const metrics = Object.keys(state.curves).filter((name) => !isLoss(name));
  const metricRows = pairs(metrics.map((name, i) => metricPanel(state, name, palette, i)));
  const fanRows = state.parameters
    .slice(0, parameters)
    .map((p, i, all) => fanRow(state, p, palette, i === all.length - 1));
  const losses = lossPanel(state, palette, yScale);
  const rows: Row[] = [
    { heightPx: 230, panels: [losses] },
    ...metricRows.map((panels) => ({ heightPx: 120, panels })),
    ...fanRows.map((panels) => ({ heightPx: 110, panels })),
  ];
  const hidden = state.parameters.length - parameters;
  const title = state.title + (hidden > 0 ? ` (first ${parameters} of ${state.parameters.length} parameters)` : "");
  const options = {
    title: escapeForPlotly(title),
    legend: losses.traces.length > 0 ? ("above" as const) : undefined,
    palette,
    sharedX: true,
  };
  return sheet(rows, steps ? { ...options, steps } : options);
}

export function lossPanel(state: LiveState, palette: Palette, yScale: "linear" | "log"): Panel {
  const names = Object.keys(state.curves).filter(isLoss);
  const traces = names.flatMap((name, i) =>
    curveTraces(name, state.curves[name]!, palette.series[i % palette.series.length]!, palette),
  );
  return {
    traces,
    xaxis: { title: axisTitle("step") },
    yaxis: { title: axisTitle("loss"), ...scale(yScale, ...traces.map(({ y }) => y as readonly number[])) },
    alarms: names.flatMap((name) => failures(state, name)),
  };
}

/** Where a value first was not a number. */
function failures(state: LiveState, name: string): string[] {
  const { nonFinite } = state.curves[name]!;
  return nonFinite.count === 0 ? [] : [escapeForPlotly(nonFiniteText(name, nonFinite.count, nonFinite.first[0]!))];
}

function metricPanel(state: LiveState, name: string, palette: Palette, i: number): Panel {
  // The colours after those of the losses.
  const color = palette.series[(i + 2) % palette.series.length]!;
  const traces = curveTraces(name, state.curves[name]!, color, palette).map((trace): Trace => ({
    ...trace,
    showlegend: false,
  }));
  return { traces, heading: `<b>${escapeForPlotly(name)}</b>`, alarms: failures(state, name) };
}

function fanRow(state: LiveState, parameter: ParameterFans, palette: Palette, last: boolean): Panel[] {
  const xaxis = last ? { title: axisTitle("step") } : {};
  const update = { ...fanPanel(state, parameter, parameter.update, "update", palette), xaxis };
  if (!parameter.rate) return [update];
  const rate = fanPanel(state, parameter, parameter.rate, "rate", palette);
  return [update, { ...rate, heading: "effective learning rate", xaxis }];
}

const FAN_NAMES = { update: "|Δθ|", rate: "effective learning rate" };

/** One fan: the parameter's name and shape above it, and the share of elements that it leaves out. */
export function fanPanel(
  { observed }: LiveState,
  { name, shape }: ParameterFans,
  fan: Fan,
  kind: "update" | "rate",
  palette: Palette = light,
): Panel {
  return {
    traces: fanTraces(observed.step, fan, palette[kind], FAN_NAMES[kind], palette),
    heading: `<b>${escapeForPlotly(name)}</b> ${shapeText(shape)}${kind === "update" ? " |Δθ|" : ""}`,
    note: leftOutText(fan),
    yaxis: scale("log", fan.q05, fan.q95),
  };
}

/** Fans two by two. */
export function fanSheet(panels: readonly Panel[], title: string): PlotlyFigure {
  const rows = pairs(panels).map((row, i, all) => ({
    heightPx: 120,
    panels: i === all.length - 1 ? row.map((panel) => ({ ...panel, xaxis: { title: axisTitle("step") } })) : row,
  }));
  return sheet(rows, { title: escapeForPlotly(title), sharedX: true });
}

/** The newest share of elements that a fan does not show, and those that are no numbers. */
export function leftOutText(fan: Fan): string {
  const leftOut = fan.leftOut.at(-1);
  if (leftOut === undefined) return "";
  const failed = fan.nonFinite.at(-1)!;
  if (failed === 0) return `${percent(leftOut)} left out`;
  const notFinite = `${grouped(failed)} not finite`;
  return leftOut === 0 ? notFinite : `${percent(leftOut)} left out, ${notFinite}`;
}

function pairs<T>(items: readonly T[]): T[][] {
  const rows: T[][] = [];
  for (let i = 0; i < items.length; i += 2) rows.push(items.slice(i, i + 2));
  return rows;
}

/** Names are the user's and Plotly reads HTML, of whose entities it knows these and not those of quotes. */
function escapeForPlotly(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
