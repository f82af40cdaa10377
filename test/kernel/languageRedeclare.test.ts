import assert from "node:assert/strict";
import { TestSession } from "./languageSession.ts";

interface Kind {
  /** Declares `x` so that `x.id ?? x` is n. */
  text(n: number): string;
  /** Assigning to it is an error. */
  constant?: true;
  /** It declares no value: what `x` was before stays. */
  type?: true;
}

const module = (code: string): string => JSON.stringify(`data:text/javascript,${code}`);

const kinds: { [kind: string]: Kind } = {
  const: { text: (n) => `const x = ${n}`, constant: true },
  let: { text: (n) => `let x = ${n}` },
  var: { text: (n) => `var x = ${n}` },
  "let held by a closure": { text: (n) => `let x = ${n}; (() => x)()` },
  function: { text: (n) => `function x() {}\nx.id = ${n}` },
  "async function": { text: (n) => `async function x() {}\n(x as any).id = ${n}` },
  generator: { text: (n) => `function* x() {}\n(x as any).id = ${n}` },
  "async generator": { text: (n) => `async function* x() {}\n(x as any).id = ${n}` },
  "overloaded function": { text: (n) => `function x(): void; function x(a?: number) {}\n(x as any).id = ${n}` },
  class: { text: (n) => `class x { static id = ${n} }` },
  "abstract class": { text: (n) => `abstract class x { static id = ${n}; abstract m(): void }` },
  "decorated class": { text: (n) => `@((c: any, _: any) => c) class x { static id = ${n} }` },
  enum: { text: (n) => `enum x { id = ${n} }` },
  "const enum": { text: (n) => `const enum x { id = ${n} }` },
  namespace: { text: (n) => `namespace x { export const id = ${n} }` },
  "class and namespace": { text: (n) => `class x {}\nnamespace x { export const id = ${n} }` },
  "function and namespace": { text: (n) => `function x() {}\nnamespace x { export const id = ${n} }` },
  "enum twice": { text: (n) => `enum x { other }\nenum x { id = ${n} }` },
  "alias of a namespace": {
    text: (n) => `namespace Around { export const x = ${n} }\nimport x = Around.x`,
    constant: true,
  },
  "import default": { text: (n) => `import x from ${module(`export default ${n}`)}`, constant: true },
  "import named": { text: (n) => `import { y as x } from ${module(`export const y = ${n}`)}`, constant: true },
  "import star": { text: (n) => `import * as x from ${module(`export const id = ${n}`)}`, constant: true },
  "import type": { text: () => `import type { Stats as x } from "node:fs"`, type: true },
  "import of a type among values": { text: () => `import { type Stats as x } from "node:fs"`, type: true },
  "import for its effect": { text: () => `import "node:fs"`, type: true },
  "object pattern with default": { text: (n) => `let { x = ${n} } = {} as any` },
  "array pattern with default": { text: (n) => `const [, x = ${n}] = []`, constant: true },
  "rest of a pattern": { text: (n) => `const { y, ...x } = { y: 0, id: ${n} }`, constant: true },
  "var pattern": { text: (n) => `var [{ x }] = [{ x: ${n} }]` },
  "var in a block": { text: (n) => `{ for (var x = 0; x < ${n}; x++); }` },
  using: { text: (n) => `using x = { id: ${n}, [Symbol.dispose]() {} }`, constant: true },
  "await using": { text: (n) => `await using x = { id: ${n}, async [Symbol.asyncDispose]() {} }`, constant: true },
  "export const": { text: (n) => `export const x = ${n}`, constant: true },
  "export default function": { text: (n) => `export default function x() {}\nx.id = ${n}` },
  "export default class": { text: (n) => `export default class x { static id = ${n} }` },
  interface: { text: () => `interface x {}`, type: true },
  type: { text: () => `type x = number`, type: true },
  declare: { text: () => `declare const x: number`, type: true },
};

describe("a name declared by a cell", () => {
  for (const [first, one] of Object.entries(kinds)) {
    it(`as ${first} can be declared by a later cell in every way, and closures see it`, async () => {
      for (const [second, two] of Object.entries(kinds)) {
        const session = new TestSession();
        await session.run(`${one.text(1)}\nconst see = () => typeof x === "undefined" ? undefined : x.id ?? x`);
        await session.run(two.text(2));
        const want = two.type ? (one.type ? undefined : 1) : 2;
        const got = await session.run(`[typeof x === "undefined" ? undefined : x.id ?? x, see()]`);
        assert.deepEqual(got, [want, want], `${first}, then ${second}`);
      }
    });
  }

  for (const [kind, { text, constant, type }] of Object.entries(kinds)) {
    if (type) continue;
    it(`as ${kind} ${constant ? "cannot be assigned" : "can be assigned"} by a later one`, async () => {
      for (const held of [false, true]) {
        const session = new TestSession();
        await session.run(text(1));
        if (held) await session.run("const see = () => x");
        if (constant) assert.equal(await session.failure("x = 5"), "TypeError: Assignment to constant variable.");
        else await session.run("x = 5");
        assert.equal(await session.run("x.id ?? x"), constant ? 1 : 5);
        if (held) assert.equal(await session.run("see().id ?? see()"), constant ? 1 : 5);
        // A constant becomes a variable when it is declared as one.
        await session.run("let x = 6; x = 7");
        assert.equal(await session.run("x++; x"), 8);
      }
    });
  }
});
