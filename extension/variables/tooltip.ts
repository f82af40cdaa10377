/** What a variable's tooltip says, in Markdown. */
import * as vscode from "vscode";
import type {
  SessionVariable,
  VariableDetails,
  VariableNode,
  VariableStatistics,
} from "../../kernel/protocol/variables.ts";

export function tooltip(node: VariableNode, details: VariableDetails): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  const { constant, cell } = node as Partial<SessionVariable>;
  text.appendMarkdown("**").appendText(node.name).appendMarkdown("** · ").appendText(details.type);
  if (constant) text.appendMarkdown(" · constant");
  if (cell !== undefined) text.appendMarkdown(` · from cell \\[${cell}\\]`);
  text.appendCodeblock(details.value, "typescript");
  if (details.facts.length > 0) {
    text.appendMarkdown("| | |\n|---|---|\n");
    for (const [label, fact] of details.facts) text.appendMarkdown(`| ${cellText(label)} | ${cellText(fact)} |\n`);
    text.appendMarkdown("\n");
  }
  if (details.statistics) {
    text.appendText(statisticsText(details.statistics));
    // Block characters are drawn in the colour of the text, in every theme.
    text.appendCodeblock(histogramText(details.statistics), "text");
  }
  return text;
}

const cellText = (text: string): string => text.replace(/[\\`*_{}[\]()#+\-.!|<>]/g, "\\$&").replace(/\s+/g, " ");

export function statisticsText({ min, max, mean, std, nan, infinite, size, sampled }: VariableStatistics): string {
  const parts = [`min ${digits(min)}`, `max ${digits(max)}`, `mean ${digits(mean)}`, `std ${digits(std)}`];
  if (nan > 0) parts.push(`${nan.toLocaleString("en")} NaN`);
  if (infinite > 0) parts.push(`${infinite.toLocaleString("en")} infinite`);
  if (sampled < size) parts.push(`from ${sampled.toLocaleString("en")} of ${size.toLocaleString("en")} elements`);
  return parts.join(" · ");
}

const BLOCKS = "▁▂▃▄▅▆▇█";

/** One character for each bin; a space where nothing is. */
export function histogram(counts: readonly number[]): string {
  const most = Math.max(...counts, 1);
  return counts
    .map((count) =>
      count === 0 ? " " : BLOCKS[Math.min(BLOCKS.length - 1, Math.floor((count / most) * BLOCKS.length))]!,
    )
    .join("");
}

export function histogramText({ min, max, histogram: counts }: VariableStatistics): string {
  return Number.isNaN(min) ? "(no finite element)" : `${digits(min)} ${histogram(counts)} ${digits(max)}`;
}

export function digits(value: number): string {
  if (Number.isNaN(value)) return "–";
  const a = Math.abs(value);
  if (a !== 0 && (a < 1e-4 || a >= 1e7)) return value.toExponential(3);
  return String(Number(value.toPrecision(5)));
}
