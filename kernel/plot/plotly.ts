/**
 * A Plotly figure as plain data: what `application/vnd.plotly.v1+json` holds. Only what our charts and the static SVG
 * read is typed; everything else of plotly.js passes through untouched.
 */
export const PLOTLY_MIME = "application/vnd.plotly.v1+json";

export interface Trace {
  type?: string;
  name?: string;
  [option: string]: unknown;
}
export interface Layout {
  [option: string]: unknown;
}
export interface PlotlyFigure {
  data: Trace[];
  layout: Layout;
}
