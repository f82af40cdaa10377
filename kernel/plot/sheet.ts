/**
 * A figure of panels in rows, as Plotly's subplots: each panel has its own axes and a heading above it. Heights are
 * pixels, so that a figure with more rows is taller and not more crowded.
 */
import { light, type Palette } from "./palette.ts";
import type { Layout, PlotlyFigure, Trace } from "./plotly.ts";

export interface Panel {
  traces: readonly Trace[];
  /** Above the panel, left; may hold <b> and <br>. */
  heading?: string;
  /** Above the panel, right, in less weight. */
  note?: string;
  xaxis?: Layout;
  yaxis?: Layout;
  /** What went wrong here, in the panel's upper right corner. */
  alarms?: readonly string[];
}
export interface SheetOptions {
  title?: string;
  /** One line above the panels, or a column beside them where there are many names. */
  legend?: "above" | "beside" | undefined;
  palette?: Palette;
  /** All panels show the same steps, also when one is zoomed. */
  sharedX?: boolean;
  /** First and last step shown, of all panels; default all. */
  steps?: [number, number];
}

const TITLE_PX = 44;
const LEGEND_PX = 26;
const HEADING_PX = 30;
const AXIS_PX = 26;
const AXIS_TITLE_PX = 20;
const BOTTOM_PX = 12;
const COLUMN_GAP = 0.1;

export interface Row {
  /** Height of the panels themselves. */
  heightPx: number;
  panels: readonly Panel[];
}

export function sheet(
  rows: readonly Row[],
  { title, legend, palette = light, sharedX = false, steps }: SheetOptions = {},
): PlotlyFigure {
  const top = (title ? TITLE_PX : 12) + (legend === "above" ? LEGEND_PX : 0);
  const headingPx = (row: Row) => (row.panels.some(({ heading, note }) => heading || note) ? HEADING_PX : 6);
  const axisPx = (row: Row) => AXIS_PX + (row.panels.some(({ xaxis }) => xaxis?.title) ? AXIS_TITLE_PX : 0);
  const inner = rows.reduce(
    (sum, row, i) => sum + headingPx(row) + row.heightPx + (i < rows.length - 1 ? axisPx(row) : 0),
    0,
  );
  const bottom = (rows.length > 0 ? axisPx(rows.at(-1)!) : 0) + BOTTOM_PX;

  const data: Trace[] = [];
  const annotations: Layout[] = [];
  const layout: Layout = { ...theme(palette), height: top + inner + bottom };
  let n = 0;
  let usedPx = 0;
  for (const row of rows) {
    usedPx += headingPx(row);
    const yDomain = [1 - (usedPx + row.heightPx) / inner, 1 - usedPx / inner].map(clamp);
    row.panels.forEach((panel, column) => {
      n++;
      const id = n === 1 ? "" : String(n);
      const width = (1 - COLUMN_GAP * (row.panels.length - 1)) / row.panels.length;
      const left = column * (width + COLUMN_GAP);
      const xDomain = [left, left + width].map(clamp);
      layout[`xaxis${id}`] = {
        ...stepAxis(palette),
        domain: xDomain,
        anchor: `y${id}`,
        ...(sharedX && n > 1 ? { matches: "x" } : {}),
        ...(steps ? { range: steps } : {}),
        ...panel.xaxis,
      };
      layout[`yaxis${id}`] = { ...axis(palette), domain: yDomain, anchor: `x${id}`, automargin: true, ...panel.yaxis };
      for (const trace of panel.traces) data.push({ ...trace, xaxis: `x${id}`, yaxis: `y${id}` });
      const above = { xref: "paper", yref: "paper", y: yDomain[1], yanchor: "bottom", yshift: 4, showarrow: false };
      if (panel.heading) {
        annotations.push({ ...above, text: panel.heading, x: xDomain[0], xanchor: "left", align: "left" });
      }
      if (panel.note) {
        const font = { size: 11, color: palette.muted };
        annotations.push({ ...above, text: panel.note, x: xDomain[1], xanchor: "right", align: "right", font });
      }
      if (panel.alarms?.length) {
        const font = { size: 12, color: palette.alarm };
        const corner = { x: xDomain[1], xanchor: "right", align: "right", y: yDomain[1], yanchor: "top", yshift: -4 };
        annotations.push({
          xref: "paper",
          yref: "paper",
          ...corner,
          text: panel.alarms.join("<br>"),
          showarrow: false,
          font,
        });
      }
    });
    usedPx += row.heightPx + axisPx(row);
  }
  layout["margin"] = { l: 64, r: 20, t: top, b: bottom };
  layout["annotations"] = annotations;
  if (title) {
    layout["title"] = {
      text: title,
      x: 0,
      xref: "paper",
      xanchor: "left",
      y: 1,
      yref: "container",
      yanchor: "top",
      pad: { t: 14 },
    };
  }
  layout["showlegend"] = legend !== undefined;
  if (legend === "above") {
    const y = 1 + 4 / inner;
    layout["legend"] = { orientation: "h", x: 0, xanchor: "left", y, yanchor: "bottom", bgcolor: "rgba(0,0,0,0)" };
  }
  return { data, layout };
}

/** Fonts and colours that all our charts share. */
export function theme(palette: Palette): Layout {
  return {
    font: {
      family: "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif",
      size: 12,
      color: palette.text,
    },
    paper_bgcolor: palette.background,
    plot_bgcolor: "rgba(0,0,0,0)",
    colorway: [...palette.series],
    // Says that the colours are ours, for who draws the figure in another theme.
    meta: { gradbook: 1 },
    hovermode: "x unified",
    hoverlabel: { bgcolor: palette.background, bordercolor: palette.border, font: { color: palette.text } },
  };
}

/** An axis in the manner of all our charts. */
export function axis(palette: Palette): Layout {
  return {
    gridcolor: palette.grid,
    linecolor: palette.axis,
    showline: true,
    zeroline: false,
    ticks: "outside",
    ticklen: 4,
    tickcolor: palette.axis,
    tickfont: { size: 11, color: palette.muted },
    exponentformat: "power",
  };
}

/** The axis that hovering follows, with a thin line at the step that is read. */
export function stepAxis(palette: Palette): Layout {
  return { ...axis(palette), showspikes: true, spikecolor: palette.axis, spikethickness: -1, spikedash: "solid" };
}

export function axisTitle(text: string): Layout {
  return { text, standoff: 6, font: { size: 12 } };
}

function clamp(fraction: number): number {
  return Math.min(1, Math.max(0, Math.round(fraction * 1e6) / 1e6));
}

/**
 * A linear or logarithmic axis. What a logarithmic one is labelled with depends on how far its values reach: powers of
 * ten, or below two decades 0.1, 0.2, 0.5, where Plotly on its own would write 2 and 5.
 */
export function scale(type: "linear" | "log", ...values: readonly (readonly (number | null)[])[]): Layout {
  if (type === "linear") return { type };
  let [low, high] = [Infinity, -Infinity];
  for (const value of values.flat()) {
    if (value === null || !(value > 0) || value === Infinity) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const decades = low <= high ? Math.log10(high / low) : 1;
  return decades < 2
    ? { type, dtick: "D2", tickformat: "~g" }
    : { type, dtick: Math.ceil(decades / 5), exponentformat: "power" };
}
