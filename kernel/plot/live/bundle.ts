/** A live figure in every form there is: its state for our renderer, Plotly's JSON, a picture, and words. */
import { figureBundle } from "../figure.ts";
import type { MimeBundle } from "../host.ts";
import { liveChart } from "./chart.ts";
import { LIVE_MIME, type LiveState } from "./state.ts";
import { liveSummary } from "./summary.ts";

export function liveBundle(state: LiveState): MimeBundle {
  return { [LIVE_MIME]: state, ...figureBundle(liveChart(state), liveSummary(state), { id: state.id }) };
}
