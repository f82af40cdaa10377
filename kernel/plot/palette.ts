/**
 * Colours that people with a colour vision deficiency can tell apart (Okabe & Ito 2008, jfly.uni-koeln.de/color), and
 * their lighter versions for dark pages. Every text on its background has a contrast of 4.5 or more.
 */
export interface Palette {
  background: string;
  border: string;
  text: string;
  /** Labels of less weight. */
  muted: string;
  grid: string;
  axis: string;
  /** Colours of series, in order. */
  series: readonly string[];
  /** Step sizes and effective learning rates. */
  update: string;
  rate: string;
  /** What went wrong: NaN, divergence. */
  alarm: string;
  /** Opacity of the raw line behind the smoothed one. */
  raw: number;
  /** Opacity of the outer and of the inner band of a fan. */
  bands: readonly [outer: number, inner: number];
}

export const light: Palette = {
  background: "#ffffff",
  border: "#d0d7de",
  text: "#1f2328",
  muted: "#59636e",
  grid: "#e7eaee",
  axis: "#8b949e",
  series: ["#0072b2", "#d55e00", "#009e73", "#aa4499", "#b8860b", "#2f8fc6", "#7a5c3e", "#555b61"],
  update: "#0072b2",
  rate: "#c24e00",
  alarm: "#b42318",
  raw: 0.4,
  bands: [0.2, 0.4],
};

export const dark: Palette = {
  background: "#1f1f1f",
  border: "#3c3c3c",
  text: "#dddddd",
  muted: "#a3a9b0",
  grid: "#363a3f",
  axis: "#6e767e",
  series: ["#5ab4f0", "#ff9650", "#3cc99b", "#e48bc8", "#e5c04b", "#a5d8ff", "#c9a88a", "#b4bac0"],
  update: "#5ab4f0",
  rate: "#ff9650",
  alarm: "#ff7b72",
  raw: 0.5,
  bands: [0.22, 0.42],
};

export const highContrast: Palette = {
  background: "#000000",
  border: "#6fc3df",
  text: "#ffffff",
  muted: "#e6e6e6",
  grid: "#4a4a4a",
  axis: "#ffffff",
  series: ["#6fd0ff", "#ffa64d", "#4dffc3", "#ff9de2", "#ffe14d", "#ffffff", "#d9b38c", "#c0c0c0"],
  update: "#6fd0ff",
  rate: "#ffa64d",
  alarm: "#ff8080",
  raw: 0.75,
  bands: [0.35, 0.6],
};

export const highContrastLight: Palette = {
  ...light,
  border: "#0f4a85",
  text: "#000000",
  muted: "#292929",
  grid: "#c8c8c8",
  axis: "#000000",
  series: ["#004f80", "#a34700", "#00664a", "#80336f", "#6b4e00", "#1a5e87", "#573f28", "#333333"],
  update: "#004f80",
  rate: "#a34700",
  raw: 0.6,
  bands: [0.3, 0.55],
};

/** `#rrggbb` with an opacity of 0…1. */
export function faded(hex: string, opacity: number): string {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  return `rgba(${r}, ${g}, ${b}, ${opacity})`;
}
