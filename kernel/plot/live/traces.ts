/** The traces of a live figure's panels, for the whole figure in one and for the renderer's panels alike. */
import { roundTo } from "../number.ts";
import { faded, type Palette } from "../palette.ts";
import type { Trace } from "../plotly.ts";
import type { Curve } from "./curve.ts";
import type { Fan } from "./fan.ts";

/** Below so many points a line alone could be invisible: show the points too. */
const FEW = 24;

/** Whether a logged value shares the axis of the loss: loss, testLoss, val_loss. */
export function isLoss(name: string): boolean {
  return /loss$/i.test(name);
}

/** Steps that the smoothed line looks back: 1 / (1 − β). */
export function smoothingWindow(smoothing: number): number {
  return roundTo(1 / (1 - smoothing), 3);
}

/** A logged value: with smoothing the raw line is thin and pale behind the smoothed one. */
export function curveTraces(name: string, curve: Curve, color: string, palette: Palette): Trace[] {
  const few = curve.step.length <= (curve.smoothing > 0 ? 1 : FEW);
  const line = (y: readonly (number | null)[], label: string, width: number, paint: string): Trace => ({
    type: "scatter",
    mode: few ? "lines+markers" : "lines",
    name: label,
    x: curve.step,
    y,
    line: { color: paint, width },
    marker: { color: paint, size: 5 },
    // The newest point is at the edge and shows whole.
    cliponaxis: !few,
    connectgaps: false,
    hovertemplate: `${label} %{y:.4~g}<extra></extra>`,
  });
  if (curve.smoothing === 0) return [line(curve.value, name, 1.75, color)];
  return [
    line(curve.value, name, 1, faded(color, palette.raw)),
    line(curve.smooth, `${name}, mean of ≈ ${smoothingWindow(curve.smoothing)} steps`, 2, color),
  ];
}

/** Plotly's own template, in d3's number format: all five quantiles, the largest on top. */
const HOVER =
  [
    "95 %  %{customdata[3]:.3~g}",
    "75 %  %{customdata[2]:.3~g}",
    "<b>median  %{y:.3~g}</b>",
    "25 %  %{customdata[1]:.3~g}",
    "5 %  %{customdata[0]:.3~g}",
  ].join("<br>") + "<extra></extra>";

/** A fan: bands of 5–95 % and 25–75 % and the median, whose hover names all. */
export function fanTraces(step: readonly number[], fan: Fan, color: string, label: string, palette: Palette): Trace[] {
  const band = (low: Fan["q05"], high: Fan["q05"], name: string, opacity: number): Trace => {
    const { x, y } = outline(step, low, high);
    return {
      type: "scatter",
      mode: "lines",
      name,
      x,
      y,
      fill: "toself",
      fillcolor: faded(color, opacity),
      line: { width: 0, color: faded(color, opacity) },
      hoverinfo: "skip",
      showlegend: false,
    };
  };
  return [
    band(fan.q05, fan.q95, "5–95 %", palette.bands[0]),
    band(fan.q25, fan.q75, "25–75 %", palette.bands[1]),
    {
      type: "scatter",
      mode: step.length < 2 ? "lines+markers" : "lines",
      name: `median ${label}`,
      x: step,
      y: fan.q50,
      customdata: step.map((_, i) => [fan.q05[i], fan.q25[i], fan.q75[i], fan.q95[i]]),
      line: { color, width: 1.75 },
      marker: { color, size: 4 },
      connectgaps: false,
      showlegend: false,
      hovertemplate: HOVER,
    },
  ];
}

/** Closed outlines of the area between two curves, one for each stretch without a gap, `null` between them. */
function outline(step: readonly number[], low: Fan["q05"], high: Fan["q05"]) {
  const x: (number | null)[] = [];
  const y: (number | null)[] = [];
  for (let start = 0; start < step.length; start++) {
    if (low[start] === null) continue;
    let end = start;
    while (end < step.length && low[end] !== null) end++;
    if (x.length > 0) {
      x.push(null);
      y.push(null);
    }
    for (let i = start; i < end; i++) {
      x.push(step[i]!);
      y.push(high[i]!);
    }
    for (let i = end - 1; i >= start; i--) {
      x.push(step[i]!);
      y.push(low[i]!);
    }
    start = end;
  }
  return { x, y };
}
