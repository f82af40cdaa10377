/** The trace types that the static picture draws; one file each. */
import { bar } from "./bar.ts";
import { heatmap } from "./heatmap.ts";
import { scatter } from "./scatter.ts";
import type { TraceKind } from "./traceKind.ts";

export const traceKinds: { [type: string]: TraceKind } = { bar, heatmap, scatter };
