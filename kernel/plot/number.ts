/** Numbers as a reader wants them. */

/** `value` to so many significant digits; shorter in JSON, and no less true than what was measured. */
export function roundTo(value: number, digits: number): number {
  const rounded = Number(value.toPrecision(digits));
  // The largest numbers would round up to Infinity.
  return Number.isFinite(rounded) ? rounded : value;
}

/** Thousands apart, decimals as they are: 1,876 and 0.25. */
export function grouped(value: number): string {
  const [whole, fraction] = String(value).split(".");
  return whole!.replace(/\B(?=(\d{3})+$)/g, ",") + (fraction === undefined ? "" : "." + fraction);
}

/** At most `digits` significant digits, with a power of ten outside 0.001 … 99,999: 0.0834, 3.1e-5, 12,345. */
export function short(value: number | null, digits = 3): string {
  if (value === null) return "–";
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e5) {
    return grouped(size >= 10 ** (digits - 1) ? Math.round(value * 10) / 10 : roundTo(value, digits)).replace("-", "−");
  }
  return value
    .toExponential(digits - 1)
    .replace(/\.?0+e/, "e")
    .replace("e+", "e")
    .replace(/^-/, "−");
}

/** 0 … 1 as a percentage that never says 0 % of something that is there: 8.5 %, 0.02 %, 100 %. */
export function percent(share: number): string {
  if (share === 0) return "0 %";
  if (share < 0.0001) return "< 0.01 %";
  if (share > 0.9999 && share < 1) return "> 99.99 %";
  return `${roundTo(share * 100, share > 0.999 ? 4 : share >= 0.1 ? 3 : 2)} %`;
}

/** 850 ms, 12.3 s, 4 min 05 s, 2 h 03 min. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes} min ${String(Math.round(seconds) % 60).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** A shape as a user writes it: [128, 784]. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}
