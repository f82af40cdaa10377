/** Colour scales: Plotly's names for the ones that are even in lightness, or stops as [0…1, "#rrggbb" | "rgb(…)"]. */

type Stop = readonly [at: number, rgb: readonly [number, number, number]];

const even = (...colors: string[]): Stop[] => colors.map((color, i) => [i / (colors.length - 1), parse(color)!]);

const NAMED: { [name: string]: Stop[] } = {
  viridis: even(
    "#440154",
    "#482878",
    "#3e4989",
    "#31688e",
    "#26828e",
    "#1f9e89",
    "#35b779",
    "#6ece58",
    "#b5de2b",
    "#fde725",
  ),
  cividis: even(
    "#00224e",
    "#123570",
    "#3b496c",
    "#575d6d",
    "#707173",
    "#8a8678",
    "#a59c74",
    "#c3b369",
    "#e1cc55",
    "#fee838",
  ),
  greys: even("#000000", "#ffffff"),
  blues: even("#053061", "#2166ac", "#4393c3", "#92c5de", "#d1e5f0", "#f7fbff")
    .reverse()
    .map(([, rgb], i, all) => [i / (all.length - 1), rgb]),
  rdbu: even("#053061", "#2166ac", "#92c5de", "#f7f7f7", "#f4a582", "#b2182b", "#67001f"),
};

/** @returns undefined when the scale is not known. */
export function colorScale(scale: unknown, reverse: boolean): ((t: number) => string) | undefined {
  const stops =
    scale === undefined ? NAMED["rdbu"]! : typeof scale === "string" ? NAMED[scale.toLowerCase()] : custom(scale);
  if (!stops) return undefined;
  return (t) => {
    const at = Math.min(1, Math.max(0, reverse ? 1 - t : t));
    let i = 1;
    while (i < stops.length - 1 && stops[i]![0] < at) i++;
    const [from, low] = stops[i - 1]!;
    const [to, high] = stops[i]!;
    const part = to === from ? 0 : (at - from) / (to - from);
    return hex(low.map((c, k) => Math.round(c + (high[k]! - c) * part)));
  };
}

/** Black or white, whichever reads better on `color`. */
export function textOn(color: string): string {
  const [r, g, b] = parse(color)!;
  return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#1f2328" : "#ffffff";
}

function custom(scale: unknown): Stop[] | undefined {
  if (!Array.isArray(scale) || scale.length < 2) return undefined;
  const stops = scale.map((stop) =>
    Array.isArray(stop) ? [Number(stop[0]), parse(String(stop[1]))] : [NaN, undefined],
  );
  return stops.every(([at, rgb]) => Number.isFinite(at) && rgb) ? (stops as unknown as Stop[]) : undefined;
}

function parse(color: string): [number, number, number] | undefined {
  const long = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color);
  if (long) return [1, 2, 3].map((i) => parseInt(long[i]!, 16)) as [number, number, number];
  const rgb = /^rgb\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\)$/.exec(color);
  if (rgb) return [1, 2, 3].map((i) => Number(rgb[i]!)) as [number, number, number];
  return undefined;
}

function hex(rgb: number[]): string {
  return "#" + rgb.map((c) => c.toString(16).padStart(2, "0")).join("");
}
