/** A training run as comma-separated values (RFC 4180): one row for each step, an empty field where nothing was seen. */
import { QUANTILES, type Fan } from "./fan.ts";
import type { LiveState } from "./state.ts";

interface Column {
  name: string;
  step: readonly number[];
  value: readonly (number | null)[];
}

/** What the figure holds: all points while there are few, else smallest and largest of each `stride` steps. */
export function liveCsv(state: LiveState): string {
  const columns: Column[] = [];
  for (const [name, curve] of Object.entries(state.curves)) {
    columns.push({ name, step: curve.step, value: curve.value });
    if (curve.smoothing > 0) columns.push({ name: `${name} smoothed`, step: curve.step, value: curve.smooth });
  }
  return csv([...columns, ...fanColumns(state)]);
}

/** Logged values given in full, and the fans of `state`. */
export function historyCsv(
  history: { readonly [name: string]: { readonly step: readonly number[]; readonly value: readonly number[] } },
  state: LiveState,
): string {
  const columns = Object.entries(history).map(([name, { step, value }]) => ({ name, step, value }));
  return csv([...columns, ...fanColumns(state)]);
}

function fanColumns({ observed, parameters }: LiveState): Column[] {
  return parameters.flatMap(({ name, update, rate }) => [
    ...columnsOf(`${name} step size`, observed.step, update),
    ...(rate ? columnsOf(`${name} effective learning rate`, observed.step, rate) : []),
  ]);
}

function columnsOf(name: string, step: readonly number[], fan: Fan): Column[] {
  return [...QUANTILES, "leftOut" as const].map((key) => ({
    name: `${name} ${key === "leftOut" ? "left out" : key}`,
    step,
    value: fan[key],
  }));
}

function csv(columns: Column[]): string {
  // Rows in order of their step; a step that one column has twice gets two rows.
  const next = columns.map(() => 0);
  const sorted = columns.map(({ step, value }) => {
    const order = Array.from(step.keys());
    if (step.some((s, i) => i > 0 && s < step[i - 1]!)) order.sort((a, b) => step[a]! - step[b]!);
    return { step: order.map((i) => step[i]!), value: order.map((i) => value[i]!) };
  });
  const lines = [["step", ...columns.map(({ name }) => quoted(name))].join(",")];
  for (;;) {
    let step = Infinity;
    sorted.forEach((column, c) => (step = Math.min(step, column.step[next[c]!] ?? Infinity)));
    if (step === Infinity) break;
    const row = sorted.map((column, c) => {
      if (column.step[next[c]!] !== step) return "";
      const value = column.value[next[c]!++]!;
      return value === null ? "" : String(value);
    });
    lines.push([step, ...row].join(","));
  }
  return lines.join("\n") + "\n";
}

function quoted(field: string): string {
  return /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
