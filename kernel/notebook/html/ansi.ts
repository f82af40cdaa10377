/** Text with terminal colours as HTML. */
import { escapeHtml } from "../../text/escapeHtml.ts";

interface Look {
  classes: Set<string>;
  color?: string | undefined;
  background?: string | undefined;
}

const FLAGS: Record<number, string> = { 1: "bold", 2: "faint", 3: "italic", 4: "underline", 7: "inverse", 9: "strike" };
/** What each "off" code takes away. */
const OFF: Record<number, string[]> = {
  22: ["bold", "faint"],
  23: ["italic"],
  24: ["underline"],
  27: ["inverse"],
  29: ["strike"],
};

/** Colours of the page are named by class, so that they suit a light and a dark page; others are as given. */
export function ansiHtml(text: string): string {
  let look: Look = { classes: new Set() };
  let html = "";
  // Every other escape sequence (cursor, links) has no meaning on a page and is left out.
  for (const [, before, codes, letter] of text.matchAll(
    /([^\x1b]*)(?:\x1b\[([0-9;:?]*)([A-Za-z])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[^[\]]?|$)/g,
  )) {
    html += span(before!, look);
    if (letter === "m") look = changed(look, (codes ?? "").split(/[;:]/).map(Number));
  }
  return html;
}

function changed(look: Look, codes: number[]): Look {
  const next: Look = { ...look, classes: new Set(look.classes) };
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if (code === 0) Object.assign(next, { classes: new Set(), color: undefined, background: undefined });
    else if (code in FLAGS) next.classes.add(FLAGS[code]!);
    else if (code in OFF) for (const flag of OFF[code]!) next.classes.delete(flag);
    else if (code === 38 || code === 48) {
      const [color, used] = extended(codes.slice(i + 1));
      if (code === 38) next.color = color;
      else next.background = color;
      i += used;
    } else if (code === 39) next.color = undefined;
    else if (code === 49) next.background = undefined;
    else if (code >= 30 && code <= 37) next.color = `var(--ansi-${code - 30})`;
    else if (code >= 90 && code <= 97) next.color = `var(--ansi-${code - 90 + 8})`;
    else if (code >= 40 && code <= 47) next.background = `var(--ansi-${code - 40})`;
    else if (code >= 100 && code <= 107) next.background = `var(--ansi-${code - 100 + 8})`;
  }
  return next;
}

/** `5;n` of 256 colours, or `2;r;g;b`; with how many codes it took. */
function extended([mode, ...rest]: number[]): [color: string | undefined, used: number] {
  if (mode === 2) {
    const [r = 0, g = 0, b = 0] = rest;
    return [`rgb(${r},${g},${b})`, 4];
  }
  const n = rest[0] ?? 0;
  if (n < 16) return [`var(--ansi-${n})`, 2];
  if (n >= 232)
    return [
      `rgb(${Array(3)
        .fill(8 + (n - 232) * 10)
        .join(",")})`,
      2,
    ];
  const level = (k: number) => (k === 0 ? 0 : 55 + 40 * k);
  return [`rgb(${[Math.floor((n - 16) / 36), Math.floor((n - 16) / 6) % 6, (n - 16) % 6].map(level).join(",")})`, 2];
}

function span(text: string, { classes, color, background }: Look): string {
  if (text === "") return "";
  const style = [color && `color:${color}`, background && `background:${background}`].filter(Boolean).join(";");
  const names = [...classes].map((name) => `ansi-${name}`).join(" ");
  if (!style && !names) return escapeHtml(text);
  return `<span${names && ` class="${names}"`}${style && ` style="${style}"`}>${escapeHtml(text)}</span>`;
}
