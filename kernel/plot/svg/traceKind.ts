/** How the static picture draws one type of Plotly trace. */
import type { Layout, Trace } from "../plotly.ts";
import type { Axis } from "./axis.ts";

/** A trace with its axes, the colour that Plotly would give it, and the traces of its type in the same panel. */
export interface Drawing {
  trace: Trace;
  x: Axis;
  y: Axis;
  color: string;
  siblings: readonly Trace[];
  layout: Layout;
}

/** What an axis must at least span, in placed values. */
export interface Span {
  x: Iterable<number>;
  y: Iterable<number>;
  /** The axis that bars stand on: zero belongs to it. */
  zero?: "x" | "y";
  /** Without margin: cells fill their panel. */
  tight?: boolean;
}

export interface TraceKind {
  type: string;
  /** What of this trace cannot be drawn, in a few words; undefined when all can. */
  unsupported(trace: Trace): string | undefined;
  span(drawing: Drawing): Span;
  /** SVG, in pixels of the whole picture. */
  draw(drawing: Drawing): string;
  /** A sample `width` wide, its middle left at (x, y); undefined when the trace has no entry in the legend. */
  swatch?(drawing: Drawing, x: number, y: number, width: number): string;
}

export function record(value: unknown): Layout {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? (value as Layout) : {};
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value)
    ? value
    : ArrayBuffer.isView(value)
      ? Array.from(value as unknown as ArrayLike<number>)
      : [];
}
