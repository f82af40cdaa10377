import type { CellOutcome } from "../protocol/session.ts";

export type Failure = Extract<CellOutcome, { status: "error" }>;

/** The outcome of a cell that did not end by itself. */
export function failure(ename: string, evalue: string): Failure {
  return { status: "error", error: { ename, evalue, traceback: [`${ename}: ${evalue}`] } };
}

/** `a, b and 3 more`; at most `most` names. */
export function someOf(names: readonly string[], most = 12): string {
  if (names.length <= most) return names.join(", ");
  return `${names.slice(0, most).join(", ")} and ${names.length - most} more`;
}
