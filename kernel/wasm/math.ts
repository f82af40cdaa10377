import { bitsOf, numberOf, type Graph, type Node } from "./graph.ts";

/**
 * The functions of formulas on four floats at a time, to 1–3 units in the last place, with the special values of IEEE 754.
 *
 * Each reduces its argument to a short interval and evaluates a polynomial there. The coefficients are minimax fits
 * (weighted least squares, reweighted by the error until it is level) of the function named beside them, in double
 * precision, rounded to floats; the error of the rounded polynomial is below a quarter unit.
 */
const infinity = 0x7f800000;
const signBit = 0x80000000;
/** ln 2 in two parts; the first has so few digits that its product with an exponent is exact. */
const ln2High = 0.693359375;
const ln2Low = Math.LN2 - ln2High;
/** 1.5 · 2²³: after adding it, the low bits of a float are its nearest whole number. */
const magic = 12582912;

/** x = n ln 2 + r, |r| ≤ ½ ln 2: r, and n as whole number and as float. */
function reduced(g: Graph, x: Node): { r: Node; n: Node; whole: Node } {
  const shifted = g.madd(x, g.number(Math.LOG2E), g.number(magic));
  const n = g.sub(shifted, g.number(magic));
  const whole = g.op("i32x4.sub", shifted, g.bits(bitsOf(magic)));
  const r = g.nmadd(n, g.number(ln2Low), g.nmadd(n, g.number(ln2High), x));
  return { r, n, whole };
}
/** 2ⁿ for −126 ≤ n ≤ 127, n whole. */
function powerOfTwo(g: Graph, n: Node): Node {
  return g.shift("shl", g.op("i32x4.add", n, g.bits(127)), 23);
}

/** e^r for |r| ≤ ½ ln 2. */
function exponential(g: Graph, r: Node): Node {
  // (e^r − 1 − r) / r²
  const p = g.polynomial(r, [0.5, 0.166665182, 0.0416662022, 0.00836902484, 0.00139507256]);
  return g.add(g.madd(g.op("f32x4.mul", r, r), p, r), g.number(1));
}

/** eˣ · 2ᵏ. Two factors of 2^(n/2): one alone overflows above e^88.7, and results below 2⁻¹²⁶ have fewer digits. */
function scaledExp(g: Graph, x: Node, k: number): Node {
  const { r, whole } = reduced(g, g.within(x, -104, 90));
  const y = exponential(g, r);
  const half = g.shift("shr_s", whole, 1);
  const rest = g.op("i32x4.sub", k === 0 ? whole : g.op("i32x4.add", whole, g.bits(k)), half);
  return g.mul(g.mul(y, powerOfTwo(g, half)), powerOfTwo(g, rest));
}
function exp(g: Graph, x: Node): Node {
  return scaledExp(g, x, 0);
}

/**
 * eˣ for x ≤ 0, and 0 below −87: for sums with a term of 1, where e⁻⁸⁷ shows nowhere. Results below 2⁻¹²⁶, and all that
 * becomes one on the way to 0, take a processor a hundred times as long, and a masked attention is full of e^−∞.
 */
export function fadingExp(g: Graph, x: Node): Node {
  const { r, whole } = reduced(g, g.within(x, -87, 0));
  const y = exponential(g, r);
  return g.select(g.compare("lt", x, g.number(-87)), g.number(0), g.mul(y, powerOfTwo(g, whole)));
}

/** eˣ − 1 for x up to `high` < 88, relative to the result. */
function expm1Below(g: Graph, x: Node, high: number): Node {
  const { r, whole } = reduced(g, g.within(x, -20, high));
  const q = oneLess(g, r);
  const power = powerOfTwo(g, whole);
  return g.madd(power, q, g.sub(power, g.number(1)));
}
/** e^r − 1 for |r| ≤ ½ ln 2. */
function oneLess(g: Graph, r: Node): Node {
  const p = g.polynomial(r, [0.5, 0.166666672, 0.0416663513, 0.0083332723, 0.00139412063, 0.000199144488]);
  return g.madd(g.mul(r, r), p, r);
}
function expm1(g: Graph, x: Node): Node {
  const { r, whole } = reduced(g, g.within(x, -20, 89));
  const q = oneLess(g, r);
  // Half of it, so that 2¹²⁸ does not occur; doubled at the end.
  const power = powerOfTwo(g, g.op("i32x4.sub", whole, g.bits(1)));
  const half = g.madd(power, q, g.sub(power, g.number(0.5)));
  return g.signed(g.add(half, half), x);
}

/** x = 2ⁿ (1 + f) with 1 + f from √½ to √2, for x ≥ 0: f, n as a float, f² and (log(1 + f) − f + f²/2). */
function mantissa(g: Graph, x: Node): { n: Node; f: Node; square: Node; rest: Node } {
  const tiny = g.compare("lt", x, g.number(numberOf(0x00800000)));
  const normal = g.select(tiny, g.mul(x, g.number(2 ** 24)), x);
  const offset = g.op("i32x4.sub", normal, g.bits(bitsOf(Math.SQRT1_2)));
  const whole = g.shift("shr_s", offset, 23);
  const f = g.sub(g.op("i32x4.sub", normal, g.shift("shl", whole, 23)), g.number(1));
  const n = g.sub(g.op("f32x4.convert_i32x4_s", whole), g.logic("and", g.number(24), tiny));
  const square = g.mul(f, f);
  // (log(1 + f) − f + f²/2) / f³
  const p = g.polynomial(
    f,
    [
      0.333333105, -0.249999851, 0.200022697, -0.166693643, 0.142177731, -0.123817071, 0.118774466, -0.118082404,
      0.0692726895,
    ],
  );
  return { n, f, square, rest: g.mul(g.mul(f, square), p) };
}
/** n and log(1 + f). */
function logarithm(g: Graph, x: Node): { n: Node; y: Node } {
  const { n, f, square, rest } = mantissa(g, x);
  return { n, y: g.add(rest, g.nmadd(g.number(0.5), square, f)) };
}
/** What a logarithm is where x is not positive and finite. */
function logEdges(g: Graph, x: Node, y: Node): Node {
  const upper = g.select(g.compare("lt", x, g.bits(infinity)), y, x);
  const lower = g.select(g.compare("eq", x, g.number(0)), g.number(-Infinity), g.number(NaN));
  // Not x > 0 includes NaN, and so does the first line: NaN < Infinity is false.
  return g.select(g.compare("gt", x, g.number(0)), upper, lower);
}
function log(g: Graph, x: Node): Node {
  const { n, y } = logarithm(g, x);
  return logEdges(g, x, g.madd(n, g.number(ln2High), g.madd(n, g.number(ln2Low), y)));
}
function log2(g: Graph, x: Node): Node {
  const { n, y } = logarithm(g, x);
  return logEdges(g, x, g.madd(y, g.number(Math.LOG2E), n));
}
function log10(g: Graph, x: Node): Node {
  const { n, y } = logarithm(g, x);
  // log₁₀ 2 in two parts, the first of 8 digits.
  const high = 0.30078125;
  const low = g.madd(n, g.number(Math.LOG10E * Math.LN2 - high), g.mul(y, g.number(Math.LOG10E)));
  return logEdges(g, x, g.madd(n, g.number(high), low));
}
function log1p(g: Graph, x: Node): Node {
  const u = g.add(x, g.number(1));
  const { n, y } = logarithm(g, u);
  // What was lost in 1 + x, relative to it, is what is missing in the logarithm.
  const lost = g.div(g.sub(x, g.sub(u, g.number(1))), u);
  const sum = g.madd(n, g.number(ln2High), g.add(g.madd(n, g.number(ln2Low), lost), y));
  // x itself where it is 0, for its sign.
  return g.select(g.compare("eq", x, g.number(0)), x, logEdges(g, u, sum));
}

/** The first `digits` binary digits of x. */
function head(x: number, digits: number): number {
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(x))) - digits + 1);
  return Math.trunc(x / unit) * unit;
}
/** Up to here sin, cos and tan keep their accuracy. */
export const largestAngle = 1e5;
/** sin and cos of x, without their final exchange: the quadrant as a whole number. */
function angle(g: Graph, x: Node): { sine: Node; cosine: Node; quadrant: Node } {
  const shifted = g.madd(x, g.number(2 / Math.PI), g.number(magic));
  const n = g.sub(shifted, g.number(magic));
  let r = x;
  // π/2 in parts of 8 digits: their products with n < 2¹⁶ are exact.
  let rest = Math.PI / 2;
  for (const digits of [8, 8, 8, 24]) {
    const part = head(rest, digits);
    r = g.nmadd(n, g.number(part), r);
    rest -= part;
  }
  const square = g.mul(r, r);
  // (sin r − r) / r³ and (cos r − 1 + r²/2) / r⁴, |r| ≤ π/4
  const s = g.polynomial(square, [-0.166666552, 0.00833217334, -0.000195166562]);
  const c = g.polynomial(square, [0.0416666456, -0.00138873619, 2.44377297e-5]);
  const sine = g.signed(g.madd(g.mul(r, square), s, r), r);
  const cosine = g.madd(g.mul(square, square), c, g.nmadd(g.number(0.5), square, g.number(1)));
  return { sine, cosine, quadrant: shifted };
}
function sin(g: Graph, x: Node): Node {
  const { sine, cosine, quadrant } = angle(g, x);
  const odd = oddOf(g, quadrant);
  const sign = g.shift("shl", g.logic("and", quadrant, g.bits(2)), 30);
  return g.logic("xor", g.select(odd, cosine, sine), sign);
}
function cos(g: Graph, x: Node): Node {
  const { sine, cosine, quadrant } = angle(g, x);
  const odd = oddOf(g, quadrant);
  const sign = g.shift("shl", g.logic("and", g.op("i32x4.add", quadrant, g.bits(1)), g.bits(2)), 30);
  return g.logic("xor", g.select(odd, sine, cosine), sign);
}
function tan(g: Graph, x: Node): Node {
  const { sine, cosine, quadrant } = angle(g, x);
  const odd = oddOf(g, quadrant);
  const quotient = g.div(g.select(odd, cosine, sine), g.select(odd, sine, cosine));
  return g.logic("xor", quotient, g.logic("and", odd, g.bits(signBit)));
}
/** Mask of the lanes whose lowest bit is set. */
function oddOf(g: Graph, n: Node): Node {
  return g.make("i32x4.shr_s", [g.shift("shl", n, 31)], 31, true);
}

/** The polynomial of asin on [0, ½]. */
function asinNear(g: Graph, x: Node, square: Node): Node {
  const p = g.polynomial(square, [0.166666597, 0.0750051066, 0.0445157215, 0.0318176113, 0.0144026009, 0.037565209]);
  return g.madd(g.mul(x, square), p, x);
}
/** asin |x| = π/2 − 2 asin √((1 − |x|)/2) above ½; the part after the minus, or asin |x| itself. NaN above 1: the root is. */
function asinParts(g: Graph, x: Node): { far: Node; y: Node } {
  const z = g.abs(x);
  const far = g.compare("gt", z, g.number(0.5));
  const square = g.select(far, g.nmadd(g.number(0.5), z, g.number(0.5)), g.mul(x, x));
  const near = asinNear(g, g.select(far, g.op("f32x4.sqrt", square), z), square);
  return { far, y: g.select(far, g.add(near, near), near) };
}
function asin(g: Graph, x: Node): Node {
  const { far, y } = asinParts(g, x);
  return g.signed(g.select(far, g.sub(g.number(Math.PI / 2), y), y), x);
}
function acos(g: Graph, x: Node): Node {
  const { far, y } = asinParts(g, x);
  const negative = g.compare("lt", x, g.number(0));
  const left = g.select(negative, g.sub(g.number(Math.PI), y), y);
  const middle = g.sub(g.number(Math.PI / 2), g.logic("xor", y, g.logic("and", x, g.bits(signBit))));
  return g.select(far, left, middle);
}
/** atan of z ≥ 0, Infinity too. Above tan(π/8) it is π/4 + atan((z − 1)/(z + 1)), above tan(3π/8) π/2 − atan(1/z). */
function atanPositive(g: Graph, z: Node): Node {
  const far = g.compare("gt", z, g.number(Math.tan((3 * Math.PI) / 8)));
  const middle = g.logic("andnot", g.compare("gt", z, g.number(Math.tan(Math.PI / 8))), far);
  const top = g.select(far, g.number(-1), g.select(middle, g.sub(z, g.number(1)), z));
  const bottom = g.select(far, z, g.select(middle, g.add(z, g.number(1)), g.number(1)));
  const t = g.div(top, bottom);
  const square = g.mul(t, t);
  const p = g.polynomial(square, [-0.333333164, 0.199984789, -0.142436281, 0.105942771, -0.060788583]);
  const base = g.select(far, g.number(Math.PI / 2), g.logic("and", g.number(Math.PI / 4), middle));
  return g.add(base, g.madd(g.mul(t, square), p, t));
}
function atan(g: Graph, x: Node): Node {
  return g.signed(atanPositive(g, g.abs(x)), x);
}
function atan2(g: Graph, y: Node, x: Node): Node {
  const [a, b] = [g.abs(y), g.abs(x)];
  const steep = g.compare("gt", a, b);
  const [less, more] = [g.select(steep, b, a), g.select(steep, a, b)];
  // Equal ones have the quotient 1, also infinite ones; 0 over 0 counts as 0.
  const one = g.select(g.compare("eq", less, g.number(0)), g.number(0), g.number(1));
  const t = atanPositive(g, g.select(g.compare("eq", less, more), one, g.div(less, more)));
  const up = g.select(steep, g.sub(g.number(Math.PI / 2), t), t);
  const left = g.make("i32x4.shr_s", [x], 31, true);
  const whole = g.signed(g.select(left, g.sub(g.number(Math.PI), up), up), y);
  return g.select(g.logic("or", g.compare("ne", x, x), g.compare("ne", y, y)), g.number(NaN), whole);
}

function sinh(g: Graph, x: Node): Node {
  const z = g.abs(x);
  const square = g.mul(z, z);
  // (sinh z − z) / z³ on [0, 1]
  const p = g.polynomial(square, [0.166666672, 0.00833335053, 0.000198360663, 2.81743951e-6]);
  const near = g.madd(g.mul(z, square), p, z);
  const half = scaledExp(g, z, -1);
  const far = g.sub(half, g.div(g.number(0.25), half));
  return g.signed(g.select(g.compare("lt", z, g.number(1)), near, far), x);
}
function cosh(g: Graph, x: Node): Node {
  const half = scaledExp(g, g.abs(x), -1);
  return g.add(half, g.div(g.number(0.25), half));
}
/** t / (t + 2) with t = e^(2x) − 1. */
function tanh(g: Graph, x: Node): Node {
  const t = expm1Below(g, g.add(x, x), 20);
  return g.signed(g.div(t, g.add(t, g.number(2))), x);
}

/** 1 / (1 + e⁻ˣ), below 0 as eˣ / (1 + eˣ). */
function sigmoid(g: Graph, x: Node): Node {
  const small = exp(g, g.op("f32x4.neg", g.abs(x)));
  const top = g.select(g.compare("lt", x, g.number(0)), small, g.number(1));
  return g.div(top, g.add(g.number(1), small));
}
/** ln(1 + eˣ) = max(x, 0) + ln(1 + e^−|x|). */
function softplus(g: Graph, x: Node): Node {
  return g.add(g.op("f32x4.pmax", g.number(0), x), log1p(g, exp(g, g.op("f32x4.neg", g.abs(x)))));
}

function erf(g: Graph, x: Node): Node {
  const z = g.abs(x);
  const square = g.mul(z, z);
  // erf(z)/z − 1 on [0, 1]; ln erfc(z) / z on [0.95, 4], beyond which erf is 1.
  const p = g.polynomial(
    square,
    [0.128379166, -0.37612626, 0.112836003, -0.0268544443, 0.00518953614, -0.00080208492, 7.88914404e-5],
  );
  const near = g.madd(z, p, z);
  const q = g.polynomial(
    z,
    [-1.12866902, -0.635068297, -0.106373593, 0.0238793287, -0.00369768846, 0.000336338504, -1.25790411e-5],
  );
  const tail = g.sub(g.number(0), expm1Below(g, g.mul(z, q), 0));
  const far = g.select(g.compare("gt", z, g.number(4)), g.number(1), tail);
  return g.signed(g.select(g.compare("le", z, g.number(1)), near, far), x);
}

/** |x|, or 14.5 where that is less: the density is 0 there. */
function distance(g: Graph, x: Node): Node {
  return g.op("f32x4.pmin", g.abs(x), g.number(14.5));
}
/** e^(−z²/2) · 2⁶⁴, so that it is never subnormal. The square is in two parts: its last digit is many of the result's. */
function bell(g: Graph, z: Node): Node {
  const [high, low] = halves(g, z);
  const { r: main, whole } = reduced(g, g.mul(g.mul(g.number(-0.5), high), high));
  const r = g.madd(g.mul(g.number(-0.5), low), g.add(z, high), main);
  return g.mul(exponential(g, r), powerOfTwo(g, g.op("i32x4.add", whole, g.bits(64))));
}
/** The normal density. */
function normalPdf(g: Graph, x: Node): Node {
  return g.mul(bell(g, distance(g, x)), g.number(2 ** -64 / Math.sqrt(2 * Math.PI)));
}
/** The normal distribution function. Its smaller side is the bell times a quotient of polynomials on [0, 14.5]. */
function normalCdf(g: Graph, x: Node): Node {
  const z = distance(g, x);
  const above = [0.5, 0.434771814, 0.180608839, 0.0397429032, 0.00398256759].map((c) => c * 2 ** -64);
  const below = [1, 1.66742843, 1.19162973, 0.462532376, 0.0996283012, 0.00998266778];
  const tail = g.mul(bell(g, z), g.div(g.polynomial(z, above), g.polynomial(z, below)));
  return g.select(g.compare("gt", x, g.number(0)), g.sub(g.number(1), tail), tail);
}

/** 1 with the sign of x; x itself where it is 0 or NaN. */
function sign(g: Graph, x: Node): Node {
  return g.select(g.compare("gt", g.abs(x), g.number(0)), g.signed(g.number(1), x), x);
}

/** Functions of one number. */
export const unaryFunctions: { readonly [name: string]: (g: Graph, x: Node) => Node } = {
  exp,
  expm1,
  log,
  log1p,
  log2,
  log10,
  sqrt: (g, x) => g.op("f32x4.sqrt", x),
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  sinh,
  cosh,
  tanh,
  sigmoid,
  softplus,
  erf,
  normalPdf,
  normalCdf,
  abs: (g, x) => g.abs(x),
  sign,
  floor: (g, x) => g.op("f32x4.floor", x),
  ceil: (g, x) => g.op("f32x4.ceil", x),
  trunc: (g, x) => g.op("f32x4.trunc", x),
  round: (g, x) => g.op("f32x4.nearest", x),
};
/** Functions of two numbers; min and max of more are made of them. */
export const binaryFunctions: { readonly [name: string]: (g: Graph, x: Node, y: Node) => Node } = {
  atan2,
  min: (g, x, y) => g.op("f32x4.min", x, y),
  max: (g, x, y) => g.op("f32x4.max", x, y),
};
/** Functions whose argument must stay below `largestAngle`: beyond, the caller computes in JavaScript. */
export const angular: ReadonlySet<string> = new Set(["sin", "cos", "tan"]);

/** The exponents that `power` takes: whole and half numbers. */
export function isSimplePower(exponent: number): boolean {
  return Number.isInteger(2 * exponent) && Math.abs(exponent) <= 8;
}
/** x to a power for which `isSimplePower` holds, by multiplication and square root. */
export function power(g: Graph, x: Node, exponent: number): Node {
  if (exponent < 0) return g.div(g.number(1), power(g, x, -exponent));
  if (exponent === 0) return g.number(1);
  const whole = Math.floor(exponent);
  if (whole !== exponent) {
    // (−Infinity)^½ is Infinity, and (−0)^½ is 0.
    const root = g.add(g.op("f32x4.sqrt", x), g.number(0));
    const product = whole === 0 ? root : g.mul(power(g, g.abs(x), whole), root);
    return g.select(g.compare("eq", x, g.number(-Infinity)), g.number(Infinity), product);
  }
  if (exponent === 1) return x;
  const half = power(g, x, Math.floor(exponent / 2));
  const square = g.mul(half, half);
  return exponent % 2 === 0 ? square : g.mul(square, x);
}

/** x in two parts, the first of 12 digits: products of two such are exact. */
function halves(g: Graph, x: Node): [high: Node, low: Node] {
  const high = g.logic("and", x, g.bits(0xfffff000));
  return [high, g.sub(x, high)];
}
/** a + b as a sum and what it lost, for |a| ≥ |b| or a = 0. */
function exactSum(g: Graph, a: Node, b: Node): [sum: Node, lost: Node] {
  const sum = g.add(a, b);
  return [sum, g.sub(b, g.sub(sum, a))];
}

/** log₂ x in two floats, to 2⁻³² of it, for x > 0. */
function log2Parts(g: Graph, x: Node): [high: Node, low: Node] {
  const { n, f, rest } = mantissa(g, x);
  const [fh, fl] = halves(g, f);
  // f − f²/2, exactly: the square of the first half is.
  const [s, lost] = exactSum(g, f, g.mul(g.number(-0.5), g.mul(fh, fh)));
  const low = g.add(g.sub(lost, g.mul(g.mul(g.number(0.5), fl), g.add(f, fh))), rest);
  const [sh, sl] = halves(g, s);
  const high = head(Math.LOG2E, 12);
  const product = g.mul(sh, g.number(high));
  const more = g.madd(low, g.number(Math.LOG2E), g.madd(s, g.number(Math.LOG2E - high), g.mul(sl, g.number(high))));
  const [t, lostThere] = exactSum(g, n, product);
  return exactSum(g, t, g.add(lostThere, more));
}

/**
 * x to any power: 2^(y log₂ x), the exponent in two floats. As IEEE 754's pow, except that NaN stays NaN unless y is 0:
 * a negative x has whole powers only.
 */
export function generalPower(g: Graph, x: Node, y: Node): Node {
  const size = g.abs(x);
  const [h, l] = log2Parts(g, size);
  const by = g.within(y, -1e30, 1e30);
  const [yh, yl] = halves(g, by);
  const [hh, hl] = halves(g, h);
  const low = g.madd(yh, hl, g.madd(yl, h, g.mul(by, l)));
  // Beyond, the result is 0 or Infinity anyway.
  const high = g.within(g.mul(yh, hh), -250, 250);
  const small = g.within(low, -1, 1);
  const whole = g.op("f32x4.nearest", g.add(high, small));
  const r = g.mul(g.add(g.sub(high, whole), small), g.number(Math.LN2));
  const n = g.op("i32x4.trunc_sat_f32x4_s", whole);
  const half = g.shift("shr_s", n, 1);
  const power1 = g.add(oneLess(g, r), g.number(1));
  const finite = g.mul(g.mul(power1, powerOfTwo(g, half)), powerOfTwo(g, g.op("i32x4.sub", n, half)));

  // 0 and Infinity: one becomes the other where y is negative.
  const upwards = g.compare("gt", y, g.number(0));
  const zero = g.select(upwards, g.number(0), g.number(Infinity));
  const infinite = g.select(upwards, g.number(Infinity), g.number(0));
  const positive = g.select(
    g.compare("eq", size, g.number(0)),
    zero,
    g.select(g.compare("eq", size, g.number(Infinity)), infinite, finite),
  );
  // From 2²⁴ on every float is even.
  const odd = g.logic(
    "and",
    oddOf(g, g.op("i32x4.trunc_sat_f32x4_s", y)),
    g.compare("lt", g.abs(y), g.number(2 ** 24)),
  );
  const isWhole = g.compare("eq", g.op("f32x4.trunc", y), y);
  const signed = g.logic(
    "xor",
    positive,
    g.logic("and", g.logic("and", x, g.bits(signBit)), g.logic("and", odd, isWhole)),
  );
  const undefinedThere = g.logic("andnot", g.compare("lt", x, g.number(0)), isWhole);
  // −Infinity has all powers, without a sign where they are not whole.
  const real = g.select(
    g.logic("andnot", undefinedThere, g.compare("eq", size, g.number(Infinity))),
    g.number(NaN),
    signed,
  );
  const strange = g.logic("or", g.compare("ne", x, x), g.compare("ne", y, y));
  return g.select(g.compare("eq", y, g.number(0)), g.number(1), g.select(strange, g.number(NaN), real));
}
