/** A live figure in every form there is: its state for our renderer, Plotly's JSON, a picture, and words. */
import { figureBundle } from "../figure.ts";
import type { MimeBundle } from "../host.ts";
import { PLOTLY_MIME } from "../plotly.ts";
import { liveChart } from "./chart.ts";
import { LIVE_MIME, type LiveState } from "./state.ts";
import { liveSummary } from "./summary.ts";

export function liveBundle(state: LiveState): MimeBundle {
  const { [PLOTLY_MIME]: plotly, "image/svg+xml": svg } = figureBundle(liveChart(state));
  return { [LIVE_MIME]: state, [PLOTLY_MIME]: plotly, "image/svg+xml": svg, "text/plain": liveSummary(state) };
}
