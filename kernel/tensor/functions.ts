/** The functions that a formula may call, as JavaScript computes them. */
export const functions: { readonly [name: string]: (...x: number[]) => number } = {
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  log2: Math.log2,
  log10: Math.log10,
  sqrt: Math.sqrt,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  atan2: Math.atan2,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  sigmoid,
  softplus,
  abs: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  round,
  min: Math.min,
  max: Math.max,
  erf,
  normalPdf,
  normalCdf,
  mod,
};

/** 1 / (1 + e⁻ˣ), without overflow on the way. */
export function sigmoid(x: number): number {
  const small = Math.exp(-Math.abs(x));
  return (x < 0 ? small : 1) / (1 + small);
}

/** ln(1 + eˣ), without overflow on the way. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** To the nearest whole number, halves to the even one, as IEEE 754 and PyTorch do. */
export function round(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  if (rest !== 0.5) return rest < 0.5 ? down : Math.ceil(x);
  return down % 2 === 0 ? down : down + 1;
}

/** Remainder with the sign of the divisor, as Python's % (JavaScript's has the sign of the dividend). */
export function mod(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

/**
 * Error function 2/√π ∫₀ˣ e^(−t²) dt, to about one unit in the last place of a double.
 *
 * Below 2.5 by its series x·2/√π·e^(−x²)·Σ (2x²)ᵏ/(2k+1)!!, all terms positive, so nothing cancels; above by Lentz's
 * continued fraction of erfc (Abramowitz & Stegun 7.1.6 and 7.1.14).
 */
export function erf(x: number): number {
  const z = Math.abs(x);
  if (z !== z) return NaN;
  if (z > 6) return Math.sign(x);
  const square = z * z;
  if (z < 2.5) {
    let term = 1;
    let sum = 1;
    for (let k = 1; term > sum * 1e-17; k++) {
      term *= (2 * square) / (2 * k + 1);
      sum += term;
    }
    return x * (2 / Math.sqrt(Math.PI)) * Math.exp(-square) * sum;
  }
  return Math.sign(x) * (1 - complement(z));
}

/** 1 − erf(z) for z ≥ 2.5: e^(−z²)/√π · 1/(z + ½/(z + 1/(z + 3⁄2/(z + …)))), evaluated from the inside. */
function complement(z: number): number {
  let fraction = z;
  for (let k = 60; k > 0; k--) fraction = z + k / 2 / fraction;
  return Math.exp(-z * z) / (Math.sqrt(Math.PI) * fraction);
}

/** Density of the normal distribution of mean 0 and variance 1. */
export function normalPdf(x: number): number {
  return Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
}

/** Distribution function Φ of the normal distribution of mean 0 and variance 1; small values keep their digits. */
export function normalCdf(x: number): number {
  const z = Math.abs(x) * Math.SQRT1_2;
  const tail = z < 2.5 ? 0.5 - 0.5 * erf(z) : 0.5 * complement(z);
  return x > 0 ? 1 - tail : tail;
}
