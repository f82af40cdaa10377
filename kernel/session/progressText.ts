/** How a progress bar looks: as one line of text, like tqdm's, and as HTML without script. */
import type { MimeBundle } from "../protocol/messages.ts";
import { escapeHtml } from "../text/escapeHtml.ts";

export interface ProgressState {
  label: string;
  /** What is counted: "it". */
  unit: string;
  done: number;
  total: number | undefined;
  elapsedMs: number;
  /** Things per second, smoothed; undefined while nothing is known. */
  rate: number | undefined;
  postfix: string;
  state: "running" | "done" | "stopped";
}

const BLOCKS = " ▏▎▍▌▋▊▉█";
const WIDTH = 20;

export function progressBundle(state: ProgressState): MimeBundle {
  return { "text/plain": progressText(state), "text/html": progressHtml(state) };
}

export function progressText(state: ProgressState): string {
  const label = state.label === "" ? "" : `${state.label}: `;
  const share = shareOf(state);
  if (share === undefined) return `${label}${state.done}${state.unit} [${times(state)}]`;
  const eighths = Math.round(share * WIDTH * 8);
  const bar = "█".repeat(eighths >> 3) + (eighths % 8 > 0 ? BLOCKS[eighths % 8]! : "");
  return `${label}${percent(share)}|${bar.padEnd(WIDTH)}| ${state.done}/${state.total} [${times(state)}]`;
}

/** Colours are the theme's, of VS Code or JupyterLab; on any other page they suit light and dark. */
const COLOURS = {
  running: "var(--vscode-progressBar-background,var(--jp-brand-color1,#1a75d1))",
  done: "var(--vscode-testing-iconPassed,var(--jp-success-color1,#2e8b57))",
  stopped: "var(--vscode-testing-iconFailed,var(--jp-error-color1,#c9403a))",
};

function progressHtml(state: ProgressState): string {
  const share = shareOf(state);
  const label = escapeHtml(state.label);
  const name = label === "" ? "" : `<span>${label}</span>`;
  const words = { running: "", done: "", stopped: " · stopped" }[state.state];
  const count = state.total === undefined ? `${state.done} ${escapeHtml(state.unit)}` : `${state.done}/${state.total}`;
  const rest = `<span style="opacity:.8">${count} · ${escapeHtml(times(state))}${words}</span>`;
  const value = share === undefined ? "" : ` aria-valuenow="${Math.floor(share * 100)}"`;
  const aria = `role="progressbar" aria-valuemin="0" aria-valuemax="100"${value} aria-label="${label || "progress"}" aria-valuetext="${escapeHtml(progressText(state))}"`;
  const track =
    "flex:0 1 16em;min-width:5em;height:.6em;border-radius:.3em;overflow:hidden;background:rgba(128,128,128,.3)";
  const width = share === undefined ? 100 : share * 100;
  const fill = `width:${width.toFixed(2)}%;height:100%;background:${COLOURS[state.state]}${share === undefined && state.state === "running" ? ";opacity:.45" : ""}`;
  const bar = `<div ${aria} style="${track}"><div style="${fill}"></div></div>`;
  const figure = share === undefined ? "" : `<span>${percent(share)}</span>`;
  return `<div style="display:flex;flex-wrap:wrap;align-items:center;gap:.2em .7em;line-height:1.5;font-variant-numeric:tabular-nums">${name}${bar}${figure}${rest}</div>`;
}

function shareOf({ done, total }: ProgressState): number | undefined {
  // More than was expected: the total was wrong, and nothing is known.
  if (total === undefined || done > total) return undefined;
  return total === 0 ? 1 : done / total;
}

/** Rounded down: 100 % means all. */
const percent = (share: number): string => `${Math.floor(share * 100)}%`.padStart(4);

/** "00:12<00:30, 3.61it/s, loss=0.25": elapsed, left, rate. */
function times({ done, total, elapsedMs, rate, unit, postfix, state }: ProgressState): string {
  const left = total !== undefined && rate !== undefined && done <= total ? (total - done) / rate : undefined;
  const clock =
    total === undefined || state !== "running"
      ? duration(elapsedMs / 1000)
      : `${duration(elapsedMs / 1000)}<${left === undefined ? "?" : duration(left)}`;
  const speed =
    rate === undefined ? `?${unit}/s` : rate >= 1 ? `${short(rate)}${unit}/s` : `${short(1 / rate)}s/${unit}`;
  return [clock, speed, ...(postfix === "" ? [] : [postfix])].join(", ");
}

function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.floor(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${two(m)}:${two(s)}`;
}

/** Three digits: 3.61, 36.1, 361, 3.61k, 361M. */
function short(value: number): string {
  for (const unit of ["", "k", "M", "G"]) {
    if (value < 999.5)
      return (value < 9.995 ? value.toFixed(2) : value < 99.95 ? value.toFixed(1) : value.toFixed(0)) + unit;
    value /= 1000;
  }
  return `${value.toFixed(0)}T`;
}
