/** A live figure in words and numbers: for terminals, screen readers, and wherever no picture can be shown. */
import { duration, grouped, percent, shapeText, short } from "../number.ts";
import type { Fan } from "./fan.ts";
import type { LiveState } from "./state.ts";

export function liveSummary(state: LiveState): string {
  const lines = [headline(state)];
  for (const [name, curve] of Object.entries(state.curves)) {
    const { last, min, max, nonFinite } = curve;
    if (!last) continue;
    let line = `${name}: ${valueText(last.value)}`;
    if (curve.smoothing > 0 && last.smooth !== null) line += ` (smoothed ${short(last.smooth, 4)})`;
    if (min && max && curve.count > 1) {
      line += `, from ${short(min.value, 4)} at step ${grouped(min.step)} to ${short(max.value, 4)} at step ${grouped(max.step)}`;
    }
    lines.push(line);
    if (nonFinite.count > 0) lines.push("  " + nonFiniteText(name, nonFinite.count, nonFinite.first[0]!));
  }
  if (state.observed.step.length > 0) lines.push("", ...fanTable(state));
  return lines.join("\n");
}

/** Title, steps, time. */
export function headline(state: LiveState): string {
  const steps = stepCount(state);
  const time = state.elapsedMs > 0 ? ` in ${duration(state.elapsedMs)}` : "";
  return `${state.title}: ${grouped(steps)} ${steps === 1 ? "step" : "steps"}${time}`;
}

/** Steps logged: points of the longest curve. */
export function stepCount(state: LiveState): number {
  return Math.max(0, ...Object.values(state.curves).map(({ count }) => count));
}

export function nonFiniteText(name: string, count: number, first: { step: number; value: unknown }): string {
  const value = first.value === "NaN" ? "NaN" : first.value === "Infinity" ? "∞" : "−∞";
  const times = count === 1 ? "" : `; ${grouped(count)} values are not finite`;
  return `${name} is ${value} at step ${grouped(first.step)}${times}`;
}

function valueText(value: unknown): string {
  return typeof value === "number" ? short(value, 4) : value === "NaN" ? "NaN" : value === "Infinity" ? "∞" : "−∞";
}

/** The newest observation of one kind of fan, or of both: one row for each parameter. */
export function fanTable(
  { parameters, observed }: LiveState,
  kinds: readonly FanKind[] = ["update", "rate"],
): string[] {
  const at = observed.step.length - 1;
  if (at < 0) return ["No step was observed yet."];
  const rows = [
    ["parameter", "shape", ...kinds.flatMap((kind) => [FAN_HEADS[kind], "left out"])],
    ...parameters.map((parameter) => [
      parameter.name,
      shapeText(parameter.shape),
      ...kinds.flatMap((kind) => {
        const fan = parameter[kind];
        return fan ? [fanText(fan, at), percent(fan.leftOut[at] ?? 1)] : ["not declared", "–"];
      }),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return [
    `At step ${grouped(observed.step[at]!)}, over the elements of each parameter: median (5 % … 95 %)`,
    ...rows.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    ),
  ];
}

type FanKind = "update" | "rate";
const FAN_HEADS = { update: "step size |Δθ|", rate: "effective learning rate" };

function fanText(fan: Fan, at: number): string {
  const median = fan.q50[at] ?? null;
  const failed = fan.nonFinite[at] ? ` ${grouped(fan.nonFinite[at]!)} not finite` : "";
  if (median === null) return "–" + failed;
  const [low, high] = [fan.q05[at]!, fan.q95[at]!];
  return (low === high ? short(median) : `${short(median)} (${short(low)} … ${short(high)})`) + failed;
}
