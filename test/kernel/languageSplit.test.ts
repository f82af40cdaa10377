import assert from "node:assert/strict";
import fc from "fast-check";
import { TestSession } from "./languageSession.ts";

/** Statements that each use only what is declared above them; `v0`, `v1`, … hold numbers, `f0`, … functions of one. */
type Step = { text: (names: Names) => string; declares?: "v" | "f" };
interface Names {
  /** A variable declared so far, by any number. */
  v(n: number): string;
  /** One that may be assigned. */
  mutable(n: number): string;
  f(n: number): string;
  fresh: string;
}

const number = fc.integer({ min: -9, max: 9 });
const pick = fc.nat(99);

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom("let", "var"), n: number, a: pick }).map(({ kind, n, a }) => ({
    text: (s: Names) => `${kind} ${s.fresh} = ${s.v(a)} + ${n};`,
    declares: "v" as const,
  })),
  fc.record({ n: number, a: pick }).map(({ n, a }) => ({
    text: (s: Names) => `var [${s.fresh} = ${n}, ] = [${s.v(a)} > 0 ? undefined : ${s.v(a)}];`,
    declares: "v" as const,
  })),
  fc.record({ a: pick, b: pick }).map(({ a, b }) => ({
    text: (s: Names) => `let { x: ${s.fresh}, ...rest${s.fresh} } = { x: ${s.v(a)}, y: ${s.v(b)} };`,
    declares: "v" as const,
  })),
  fc.record({ a: pick, b: pick }).map(({ a, b }) => ({
    text: (s: Names) => `const ${s.fresh} = (x) => x + ${s.v(a)} * ${s.v(b)};`,
    declares: "f" as const,
  })),
  fc.record({ a: pick, n: number }).map(({ a, n }) => ({
    text: (s: Names) => `function ${s.fresh}(x) { ${s.mutable(a)} += ${n}; return x - ${s.v(a)} }`,
    declares: "f" as const,
  })),
  fc.record({ a: pick }).map(({ a }) => ({
    text: (s: Names) =>
      `class C${s.fresh} { static m(x) { ${s.mutable(a)}++; return x } }; const ${s.fresh} = C${s.fresh}.m;`,
    declares: "f" as const,
  })),
  fc.record({ a: pick, b: pick, op: fc.constantFrom("=", "+=", "-=", "||=", "&&=", "??=") }).map(({ a, b, op }) => ({
    text: (s: Names) => `${s.mutable(a)} ${op} ${s.v(b)};`,
  })),
  fc.record({ a: pick, b: pick }).map(({ a, b }) => ({
    text: (s: Names) => `[${s.mutable(a)}, ${s.mutable(b)}] = [${s.v(b)}, ${s.v(a)}];`,
  })),
  fc.record({ a: pick, b: pick, n: fc.nat(7) }).map(({ a, b, n }) => ({
    text: (s: Names) =>
      `for (let i = 0; i < ${n}; i++) { if (i === 5) continue; ${s.mutable(a)} += i; ${s.mutable(b)}--; }`,
  })),
  fc.record({ a: pick, f: pick, n: fc.nat(5) }).map(({ a, f, n }) => ({
    text: (s: Names) =>
      `for (const x of Array(${n}).keys()) { ${s.mutable(a)} = (${s.mutable(a)} + ${s.f(f)}(x)) % 1000; if (x > 3) break; }`,
  })),
  fc.record({ a: pick, b: pick }).map(({ a, b }) => ({
    text: (s: Names) =>
      `try { ${s.mutable(a)}++; if (${s.v(b)} > 0) throw 0; ${s.mutable(b)} = 1 } catch { ${s.mutable(b)} = 2 } finally { ${s.mutable(a)} %= 50 }`,
  })),
  fc.record({ a: pick, f: pick }).map(({ a, f }) => ({
    text: (s: Names) => `${s.mutable(a)} = (await ${s.f(f)}(${s.v(a)})) % 1000;`,
  })),
);

/** The statements with their names filled in. */
function program(steps: readonly Step[]): string[] {
  const v = ["v"];
  const f = ["f"];
  const lines = ["let v = 1;", "const f = (x) => x * 2;"];
  steps.forEach(({ text, declares }, i) => {
    const fresh = `${declares ?? "none"}${i}`;
    const at = (names: string[]) => (n: number) => names[n % names.length]!;
    lines.push(text({ v: at(v), mutable: at(v), f: at(f), fresh }));
    if (declares) (declares === "v" ? v : f).push(fresh);
  });
  return lines;
}

async function variablesAfter(cells: string[]): Promise<{ [name: string]: unknown }> {
  const session = new TestSession();
  for (const cell of cells) await session.run(cell);
  const variables = Object.entries(session.variables()).filter(([, value]) => typeof value !== "function");
  return Object.fromEntries(variables.sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe("a cell split at any statement boundary", () => {
  it("leaves the same variables as the whole", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 8 }), async (steps) => {
        const lines = program(steps);
        const whole = await variablesAfter([lines.join("\n")]);
        for (let at = 1; at < lines.length; at++) {
          const parts = [lines.slice(0, at).join("\n"), lines.slice(at).join("\n")];
          assert.deepEqual(await variablesAfter(parts), whole, parts.join("\n// --- cell ---\n"));
        }
        assert.deepEqual(await variablesAfter(lines), whole, lines.join("\n// --- cell ---\n"));
      }),
      { numRuns: 60 },
    );
  });

  it("and as the same text run by JavaScript itself", async () => {
    const AsyncFunction = (async () => {}).constructor as new (
      code: string,
    ) => () => Promise<{ [name: string]: unknown }>;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        const lines = program(steps);
        const got = await variablesAfter([lines.join("\n")]);
        const native = await new AsyncFunction(
          `"use strict"; ${lines.join("\n")}\nreturn { ${Object.keys(got).join(", ")} }`,
        )();
        assert.deepEqual(got, native, lines.join("\n"));
      }),
      { numRuns: 100 },
    );
  });
});
