/** plotly.js, with figures as loose as Plotly itself takes them. */
import Plotly from "plotly.js-dist";
import type { Layout, Trace } from "../../kernel/plot/plotly.ts";

export interface Graph extends HTMLElement {
  layout: Layout;
  on(event: string, handler: (event: { [key: string]: unknown }) => void): void;
}
interface PlotlyApi {
  newPlot(root: HTMLElement, data: readonly Trace[], layout: Layout, config: object): Promise<Graph>;
  react(root: HTMLElement, data: readonly Trace[], layout: Layout, config?: object): Promise<Graph>;
  update(root: HTMLElement, data: object, layout: object, traces?: number[]): Promise<Graph>;
  animate(root: HTMLElement, frame: object, options: object): Promise<unknown>;
  relayout(root: HTMLElement, layout: object): Promise<Graph>;
  purge(root: HTMLElement): void;
  toImage(root: HTMLElement, options: object): Promise<string>;
  Plots: { resize(root: HTMLElement): Promise<unknown> };
}
export const plotly = Plotly as unknown as PlotlyApi;
