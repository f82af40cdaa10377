/**
 * Random programs for the tests of the transform: each statement uses only what is declared above it, ends, and is the same
 * whatever runs it. `v…` hold numbers, `f…` are functions of one number, `log` is what the program says
 * and `late` what it says when it has waited.
 */
import fc from "fast-check";

interface Names {
  /** A variable declared so far, by any number. */
  v(n: number): string;
  /** One that may be assigned. */
  w(n: number): string;
  f(n: number): string;
  fresh: string;
}

export interface Step {
  text(names: Names): string;
  /** What `fresh` is afterwards: a number, one that stays, a function. */
  declares?: "v" | "c" | "f";
}

const number = fc.integer({ min: -9, max: 9 });
const size = fc.nat(7);
const pick = fc.nat(99);

type Numbers = { a: number; b: number; f: number; n: number; m: number; at: number };
const numbers = fc.record({ a: pick, b: pick, f: pick, n: number, m: size, at: fc.nat() });

const of = <T>(list: readonly T[], at: number): T => list[at % list.length]!;

/** A step whose text is made of names and numbers. */
function step(declares: Step["declares"], text: (s: Names, numbers: Numbers) => string): fc.Arbitrary<Step> {
  return numbers.map((chosen) => ({ text: (s: Names) => text(s, chosen), ...(declares ? { declares } : {}) }));
}

const bindings = [
  step("v", (s, { a, n, at }) => `${of(["let", "var"], at)} ${s.fresh} = ${s.v(a)} + ${n};`),
  step("c", (s, { a, n }) => `const ${s.fresh} = (${s.v(a)} * ${n}) % 100;`),
  step("v", (s, { a, n }) => `var [${s.fresh} = ${n}, ] = [${s.v(a)} > 0 ? undefined : ${s.v(a)}];`),
  step("v", (s, { a, b }) => `let { x: ${s.fresh}, ...rest${s.fresh} } = { x: ${s.v(a)}, y: ${s.v(b)} };`),
  step(
    "v",
    (s, { a, n }) => `let { p: { q: ${s.fresh} = ${n} } = {}, [\`k\${1}\`]: k${s.fresh} = 1 } = { k1: ${s.v(a)} };`,
  ),
  step("v", (s, { a, b }) => `let ${s.fresh}, other${s.fresh} = ${s.v(a)}; ${s.fresh} = other${s.fresh} - ${s.v(b)};`),
  step("v", (s, { a }) => `if (${s.v(a)} > 0) { var ${s.fresh} = 1 } else { var ${s.fresh} = 2 }`),
  step(
    "v",
    (s, { m }) =>
      `let ${s.fresh} = 0; for (var at${s.fresh} = 0; at${s.fresh} < ${m}; at${s.fresh}++) ${s.fresh} += at${s.fresh};`,
  ),
];

const functions = [
  step("f", (s, { a, b }) => `const ${s.fresh} = (x) => (x + ${s.v(a)} * ${s.v(b)}) % 100;`),
  step("f", (s, { a, n }) => `function ${s.fresh}(x) { ${s.w(a)} += ${n}; return x - ${s.v(a)} }`),
  step(
    "f",
    (s, { a }) => `class C${s.fresh} { static m(x) { ${s.w(a)}++; return x } }; const ${s.fresh} = C${s.fresh}.m;`,
  ),
  step(
    "f",
    (s, { a, n }) =>
      `class P${s.fresh} { #x = ${s.v(a)}; static made = 0; constructor(y) { this.y = y; P${s.fresh}.made++ } get sum() { return this.#x + this.y } set sum(to) { this.#x = to } } function ${s.fresh}(x) { const p = new P${s.fresh}(x); p.sum = ${n}; return p.sum + P${s.fresh}.made }`,
  ),
  step(
    "f",
    (s, { a, m }) =>
      `function* g${s.fresh}(n) { try { for (let i = 0; i < n; i++) yield i + ${s.v(a)} } finally { ${s.w(a)}--; log.push("closed") } } const ${s.fresh} = (x) => { let sum = 0; for (const y of g${s.fresh}(${m})) { if (y > 5) break; sum += y } return sum + x };`,
  ),
  step(
    "f",
    (s, { a, m }) =>
      `let ${s.fresh}; { let hidden = 0; ${s.fresh} = function (x) { for (let i = ${m}; i > 0; i--) hidden += i & ${s.v(a)}; return hidden + x } }`,
  ),
  step(
    "f",
    (s, { f, m }) =>
      `function ${s.fresh}(x, y = ${m}) { let n = 0; while (true) { if (n++ >= y) return ${s.f(f)}(x) % 1000; if (n === 5) return x } }`,
  ),
  step(
    "f",
    (s, { a, f }) =>
      `const held${s.fresh} = []; for (let i = 0; i < 3; i++) held${s.fresh}.push((x) => x + i + ${s.v(a)}); const ${s.fresh} = (x) => held${s.fresh}.reduce((y, g) => g(y), ${s.f(f)}(x)) % 1000;`,
  ),
  step(
    "f",
    (s, { m }) =>
      `async function a${s.fresh}(x) { let n = 0; for (let i = 0; i < ${m}; i++) n += await x; return n } const ${s.fresh} = (x) => (void a${s.fresh}(x).then((n) => late.push(typeof n)), x);`,
  ),
];

const COUNTS = ["i < N", "i <= N", "i < N && i < 50", "i !== N || i > 9", "N > i"];
const effects = [
  step(undefined, (s, { a, b, at }) => `${s.w(a)} ${of(["=", "+=", "-=", "||=", "&&=", "??="], at)} ${s.v(b)};`),
  step(undefined, (s, { a, b }) => `[${s.w(a)}, ${s.w(b)}] = [${s.v(b)}, ${s.v(a)}];`),
  step(undefined, (s, { a, f, n }) => `${s.w(a)} = ${s.f(f)}(${n}) % 1000; log.push(${s.v(a)});`),
  // Loops that count, in every way that the transform tells apart.
  step(undefined, (s, { a, b, n, m, at }) => {
    const head = of(COUNTS, at).replaceAll("N", of([String(m), s.v(b), `bound`, `edge.length`], at >> 3));
    return `{ const bound = ${m}; const edge = [1, 2, 3]; for (let i = ${Math.abs(n) % 3}; ${head} && i < 40; i += ${1 + (at % 2)}) { if (i === 5) continue; ${s.w(a)} += i; ${s.w(b)}--; if (i > 9) break } }`;
  }),
  step(
    undefined,
    (s, { a, b, m, at }) =>
      `{ let bound = ${m}; for (let i = 0; i ${of(["<", "<="], at)} bound; i++) { ${s.w(a)} += i; if (i < 5) bound = ${s.v(b)} % 10; } log.push(bound) }`,
  ),
  step(
    undefined,
    (s, { a, m, at }) =>
      `{ let bound = ${m}; const less = () => { bound-- }; for (let i = 0, j = i; i < bound; ${of(["i++", "++i", "i += 1"], at)}) { less(); ${s.w(a)} += i + j } }`,
  ),
  step(
    undefined,
    (s, { a, m, n }) =>
      `for (let i = ${m}; i ${n > 0 ? ">" : ">="} ${n % 4}; i--) { for (let j = i + 1; j < ${m} + 3; j++) { if (j === 6) break; ${s.w(a)} += j } }`,
  ),
  step(
    undefined,
    (s, { a, m, f }) =>
      `outer: for (let i = 0; i < ${m}; i++) { for (let j = i; j < ${m}; j++) { if (j === 3) continue outer; if (i === 4) break outer; ${s.w(a)} = (${s.v(a)} + ${s.f(f)}(j)) % 1000 } }`,
  ),
  step(
    undefined,
    (s, { a, m }) =>
      `{ let i = 0; do { ${s.w(a)} += i; if (i === 4) continue; } while (i++ < ${m}); while (i --> 0) ${s.w(a)} -= 1; }`,
  ),
  // Over what can be iterated.
  step(
    undefined,
    (s, { a, f, m }) =>
      `for (const x of Array(${m}).keys()) { ${s.w(a)} = (${s.v(a)} + ${s.f(f)}(x)) % 1000; if (x > 3) break; }`,
  ),
  step(
    undefined,
    (s, { a, m, at }) =>
      `for (${of(["const", "let"], at)} x of ${of([`[1, 2, ${m}]`, `new Float64Array(${m})`, `"ab${m}"`, `new Set([1, ${m}])`, `[, ${m}]`], at)}) { log.push(x); ${s.w(a)}++ }`,
  ),
  step(
    undefined,
    (s, { a, m }) =>
      `{ const growing = [1, 2]; for (const x of growing) { if (growing.length < ${m}) growing.push(x + 1); ${s.w(a)} += x; if (x === 5) growing.length = 1; } }`,
  ),
  step(
    undefined,
    (s, { a, b, m, at }) =>
      `for (const [k, , { z }] of ${of([`[["x", 1, { z: ${m} }]]`, `new Map([[{ z: 3 }, 1]]).keys().map((q) => new Set([q.z, 2, q]))`], at)}) { ${s.w(a)} += z; log.push(k); ${s.w(b)} %= 50 }`,
  ),
  step(undefined, (s, { a, b }) => `for ([${s.w(a)}, ${s.w(b)} = 7] of [[${s.v(b)}], [1, 2]]) log.push(${s.v(a)});`),
  step(
    undefined,
    (s, { a, m }) => `for (const k in { a: 1, b: 2, c: ${m} }) { if (k === "c") continue; log.push(k); ${s.w(a)}++ }`,
  ),
  // Ways out.
  step(
    undefined,
    (s, { a, b }) =>
      `try { ${s.w(a)}++; if (${s.v(b)} > 0) throw 0; ${s.w(b)} = 1 } catch { ${s.w(b)} = 2 } finally { ${s.w(a)} %= 50 }`,
  ),
  step(
    undefined,
    (s, { a, m }) =>
      `try { for (const x of (function* () { try { yield* [1, 2, 3] } finally { log.push("end") } })()) { ${s.w(a)} += x; if (x === ${m}) throw new Error("x" + x) } } catch (error) { log.push(error.message) }`,
  ),
  step(
    undefined,
    (s, { a, m }) =>
      `out: { if (${s.v(a)} > ${m}) break out; ${s.w(a)} = ${m} } switch (${s.v(a)} % 3) { case 0: ${s.w(a)}++; break; case 1: { let ${s.v(a)} = 5; log.push(${s.v(a)}) } default: log.push("d") }`,
  ),
  step(
    undefined,
    (s, { a, b, m }) => `{ let ${s.w(a)} = ${m}; const inner = () => ${s.v(a)} + 1; ${s.w(b)} = inner(); }`,
  ),
  // Waiting.
  step(undefined, (s, { a, f }) => `${s.w(a)} = (await ${s.f(f)}(${s.v(a)})) % 1000;`),
  step(undefined, (s, { a, m }) => `for await (const x of [Promise.resolve(${m}), 2]) ${s.w(a)} += x;`),
  step(
    undefined,
    (s, { a, b, m }) => `for (let i = 0; i < ${m}; i++) { ${s.w(a)} += await i; await null; ${s.w(b)}++ }`,
  ),
  step(
    undefined,
    (s, { a, f }) => `${s.w(a)} = (await Promise.all([1, 2].map(async (x) => ${s.f(f)}(await x)))).length;`,
  ),
];

export const steps: fc.Arbitrary<Step> = fc.oneof(...bindings, ...functions, ...effects);

/** The statements with their names filled in. The first ones declare what the others can count on. */
export function program(chosen: readonly Step[]): string[] {
  const names = { v: ["v"], w: ["v"], f: ["f"] };
  const lines = ["const log = [], late = [];", "let v = 1;", "const f = (x) => x * 2;"];
  chosen.forEach(({ text, declares }, i) => {
    const fresh = `${declares ?? "none"}${i}`;
    const at = (list: string[]) => (n: number) => list[n % list.length]!;
    lines.push(text({ v: at(names.v), w: at(names.w), f: at(names.f), fresh }));
    if (declares === "f") names.f.push(fresh);
    if (declares === "v" || declares === "c") names.v.push(fresh);
    if (declares === "v") names.w.push(fresh);
  });
  return lines;
}
