/** Axes: which values they span, where a value lies, and where ticks go and what they say. */
import { grouped, roundTo } from "../number.ts";
import type { Layout } from "../plotly.ts";

export interface Axis {
  /** "x", "x2", "y", … */
  id: string;
  horizontal: boolean;
  type: "linear" | "log" | "category";
  options: Layout;
  /** Names of a category axis, in order. */
  categories: string[];
  /** Nothing is drawn on it. */
  empty?: boolean;
  /** First and last value shown; exponents of ten on a log axis, places on a category axis. */
  range: [number, number];
  /** Pixels of the first and last value. Vertical axes run upwards: from the larger to the smaller. */
  pixels: [number, number];
}

export interface Tick {
  /** In the units of `range`. */
  at: number;
  label: string;
}

/** Values as an axis counts: logarithms, places of categories. NaN where there is no place. */
export function place(axis: Axis, value: unknown): number {
  if (axis.type === "category") {
    const at = axis.categories.indexOf(String(value));
    return at >= 0 ? at : typeof value === "number" ? value : NaN;
  }
  if (value === null || value === undefined || value === "") return NaN;
  const number = Number(value);
  return axis.type === "log" ? (number > 0 ? Math.log10(number) : NaN) : number;
}

export function toPixel(axis: Axis, placed: number): number {
  const [first, last] = axis.range;
  const [from, to] = axis.pixels;
  return from + ((placed - first) / (last - first)) * (to - from);
}

/** Why an axis of such values cannot be drawn, or its type. */
export function axisType(options: Layout, values: readonly unknown[]): Axis["type"] | { reason: string } {
  const declared = options["type"];
  if (declared === "linear" || declared === "log" || declared === "category") return declared;
  if (declared !== undefined && declared !== "-") return { reason: `axis type ${JSON.stringify(declared)}` };
  const texts = values.filter((value) => typeof value === "string" && value !== "");
  if (texts.length === 0 || texts.every((text) => Number.isFinite(Number(text)))) return "linear";
  if (texts.every((text) => /^\d{4}-\d\d?(-\d\d?)?/.test(String(text)))) return { reason: "dates" };
  return "category";
}

/** The span of the finite `placed` values with a margin, or what the layout asks for. */
export function axisRange(
  axis: Pick<Axis, "type" | "options" | "categories">,
  placed: Iterable<number>,
  { margin = 0.05, zero = false }: { margin?: number; zero?: boolean } = {},
): [number, number] {
  const { options, type } = axis;
  const given = options["range"];
  if (Array.isArray(given) && given.length === 2 && given.every((end) => Number.isFinite(end))) {
    return [Number(given[0]), Number(given[1])];
  }
  let low = Infinity;
  let high = -Infinity;
  for (const value of placed) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (type === "category") [low, high] = [-0.5, Math.max(0, axis.categories.length - 1) + 0.5];
  else {
    if (low > high) [low, high] = [0, 1];
    if (type === "linear" && (zero || options["rangemode"] === "tozero")) {
      low = Math.min(0, low);
      high = Math.max(0, high);
    }
    if (low === high) {
      const around = type === "log" ? 0.5 : Math.abs(low) * 0.1 || 1;
      [low, high] = [low - around, high + around];
    } else {
      const pad = (high - low) * margin;
      // What starts at zero stands on the axis.
      const bars = zero || options["rangemode"] === "tozero";
      [low, high] = [bars && low === 0 ? 0 : low - pad, bars && high === 0 ? 0 : high + pad];
    }
  }
  return options["autorange"] === "reversed" ? [high, low] : [low, high];
}

export function ticks(axis: Axis): Tick[] {
  const { options, type } = axis;
  const [low, high] = [Math.min(...axis.range), Math.max(...axis.range)];
  const lengthPx = Math.abs(axis.pixels[1] - axis.pixels[0]);
  const inside = (tick: Tick) => tick.at >= low - 1e-9 * (high - low) && tick.at <= high + 1e-9 * (high - low);
  if (Array.isArray(options["tickvals"])) {
    const labels = options["ticktext"] as unknown[] | undefined;
    return options["tickvals"]
      .map((value, i) => ({ at: place(axis, value), label: String(labels?.[i] ?? numberLabel(Number(value), 0)) }))
      .filter(inside);
  }
  if (type === "category") {
    const most = Math.max(1, lengthPx / (axis.horizontal ? 24 : 14));
    const every = Math.ceil(axis.categories.length / most);
    return axis.categories.map((label, at) => ({ at, label })).filter((tick) => tick.at % every === 0 && inside(tick));
  }
  const wanted = Math.max(2, Math.floor(lengthPx / (axis.horizontal ? 80 : 28)));
  if (type === "log") return logTicks(low, high, wanted).filter(inside);
  const step = typeof options["dtick"] === "number" ? options["dtick"] : niceStep((high - low) / wanted);
  const found: Tick[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step && found.length < 1000; i++) {
    const value = roundTo(i * step, 12);
    found.push({ at: value, label: formatted(value, step, options["tickformat"]) });
  }
  return found;
}

/** 1, 2 or 5 times a power of ten, not less than `rough`. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((f) => f * power >= rough * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** Whole decades; below two decades also 2 and 5, below half a decade round numbers. */
function logTicks(low: number, high: number, wanted: number): Tick[] {
  const decades = high - low;
  if (decades < 0.5) {
    const [from, to] = [10 ** low, 10 ** high];
    const step = niceStep((to - from) / wanted);
    const found: Tick[] = [];
    for (let i = Math.ceil(from / step); i * step <= to; i++) {
      if (i > 0) found.push({ at: Math.log10(i * step), label: numberLabel(roundTo(i * step, 12), step) });
    }
    return found;
  }
  const every = Math.max(1, Math.round(decades / wanted));
  const found: Tick[] = [];
  for (let e = Math.floor(low); e <= Math.ceil(high); e++) {
    if (e % every === 0) found.push({ at: e, label: powerOfTen(e) });
    if (decades < 2) {
      for (const f of [2, 5]) found.push({ at: e + Math.log10(f), label: numberLabel(roundTo(f * 10 ** e, 3), 0) });
    }
  }
  return found;
}

function powerOfTen(e: number): string {
  if (e >= -2 && e <= 4) return grouped(roundTo(10 ** e, 3));
  return `10<sup>${minus(String(e))}</sup>`;
}

/** Label of a tick; `step`, the distance between ticks, says how many decimals tell them apart (0: as they come). */
function numberLabel(value: number, step: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) {
    const e = Math.floor(Math.log10(size) + 1e-9);
    const factor = roundTo(value / 10 ** e, step > 0 ? Math.max(1, e - Math.floor(Math.log10(step)) + 1) : 3);
    const power = `10<sup>${minus(String(e))}</sup>`;
    return factor === 1 ? power : `${minus(String(factor))}×${power}`;
  }
  const decimals = step > 0 ? Math.min(12, Math.max(0, -Math.floor(Math.log10(step) + 1e-9))) : undefined;
  return minus(grouped(decimals === undefined ? value : Number(value.toFixed(decimals)))) + trailing(value, decimals);
}

/** Zeros that make the ticks of one axis equally long: 0.5 and 1.0. */
function trailing(value: number, decimals: number | undefined): string {
  if (!decimals) return "";
  const shown = String(Number(value.toFixed(decimals)));
  const has = shown.split(".")[1]?.length ?? 0;
  return (has === 0 ? "." : "") + "0".repeat(decimals - has);
}

function formatted(value: number, step: number, format: unknown): string {
  const match = typeof format === "string" ? /^(,?)(?:\.(\d+))?([f%d]?)$/.exec(format) : null;
  if (!match || format === "") return numberLabel(value, step);
  const [, comma, digits, kind] = match;
  const scaled = kind === "%" ? value * 100 : value;
  const fixed = scaled.toFixed(kind === "d" ? 0 : Number(digits ?? (kind === "%" ? 0 : 6)));
  return minus(comma ? fixed.replace(/\B(?=(\d{3})+(?!\d))/g, ",") : fixed) + (kind === "%" ? " %" : "");
}

function minus(text: string): string {
  return text.replace(/^-/, "−");
}
