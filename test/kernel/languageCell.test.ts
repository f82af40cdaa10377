import { checkForms } from "./languageForms.ts";

describe("a cell declares, imports and has a value", () => {
  checkForms([
    // Declarations
    { form: "const", cells: ["const a = 1;\na + 1"], value: 2, later: [["a", 1]] },
    {
      form: "let and several in one",
      cells: ["let a = 1, b = a + 1, c;\n[a, b, c]"],
      value: [1, 2, undefined],
      later: [
        ["c", undefined],
        ["a = 5; b = a", 5],
        ["a + b", 10],
      ],
    },
    { form: "let without a value is undefined again", cells: ["let a = 1", "let a", "a"], value: undefined },
    {
      form: "var",
      cells: ["var a = 1;\nvar b"],
      later: [
        ["a", 1],
        ["typeof b", "undefined"],
      ],
    },
    { form: "var without a value keeps the value", cells: ["var a = 1", "var a", "a"], value: 1 },
    {
      form: "var in blocks and heads",
      cells: [
        "if (true) { var a = 1 }\nfor (var i = 0, n = 3; i < n; i++) var last = i\nfor (var k in { x: 1 }) ;\nfor (var [p, q] of [[1, 2]]) ;",
      ],
      later: [["[a, i, n, last, k, p, q]", [1, 3, 3, 2, "x", 1, 2]]],
    },
    {
      form: "var in blocks and heads, held by closures",
      cells: [
        "const all = () => [a, i, n, last, k, p, q]\nif (true) { var a = 1 }\nfor (var i = 0, n = 3; i < n; i++) var last = i\nfor (var k in { x: 1 }) ;\nfor (var [p, { q = 2 }] of [[1, {}]]) ;\nall()",
      ],
      value: [1, 3, 3, 2, "x", 1, 2],
    },
    {
      form: "object pattern with default, rest and computed key",
      cells: ["const key = 'd';\nconst { a, b: { c = 3 } = {}, [key]: d, ...rest } = { a: 1, d: 4, e: 5 } as any"],
      later: [["[a, c, d, rest]", [1, 3, 4, { e: 5 }]]],
    },
    {
      form: "object pattern held by a closure",
      cells: ["const { a, b = () => a } = { a: 1 } as any;\nb()"],
      value: 1,
      later: [
        ["b.name", "b"],
        ["a", 1],
      ],
    },
    {
      form: "array pattern with hole, default and rest",
      cells: ["let [a, , b = a + 1, ...c] = [1, 2, undefined, 4, 5]"],
      later: [
        ["[a, b, c]", [1, 2, [4, 5]]],
        ["[a, b] = [b, a]; [a, b]", [2, 1]],
      ],
    },
    {
      form: "function, used above",
      cells: ["const a = twice(2);\nfunction twice(x: number) { return 2 * x }\na"],
      value: 4,
      later: [
        ["twice(3)", 6],
        ["twice.name", "twice"],
      ],
    },
    {
      form: "function overloads",
      cells: ["function f(x: string): string;\nfunction f(x: number): number;\nfunction f(x: any) { return x }\nf(1)"],
      value: 1,
    },
    {
      form: "recursive function",
      cells: ["function fact(n: number): number { return n < 2 ? 1 : n * fact(n - 1) }"],
      later: [["fact(5)", 120]],
    },
    {
      form: "function called without this",
      cells: ["function who(this: unknown) { 'use strict'; return this }\nwho()"],
      value: undefined,
      later: [
        ["(who)()", undefined],
        ["who``", undefined],
        ["who?.()", undefined],
      ],
    },
    {
      form: "arrow's name",
      cells: ["const f = () => 1; (() => f)();\nf.name"],
      value: "f",
      later: [
        ["let g; g = function () {}; (() => g)(); g.name", "g"],
        ["g ??= 1; g = class {}; g.name", "g"],
        ["let h; { let h = 1; void h } h = () => 1; h.name", "h"],
      ],
    },
    {
      form: "generator",
      cells: ["function* count(n: number) { for (let i = 0; i < n; i++) yield i }\n[...count(3)]"],
      value: [0, 1, 2],
      later: [["[...count(2)]", [0, 1]]],
    },
    {
      form: "async generator",
      cells: [
        "async function* count() { yield 1; yield await Promise.resolve(2) }\nlet sum = 0;\nfor await (const x of count()) sum += x;\nsum",
      ],
      value: 3,
    },
    {
      form: "class",
      cells: [
        "class A { #x = 1; static made = 0; constructor() { A.made++ } get x() { return this.#x } static { this.made = 10 } }\nnew A().x + A.made",
      ],
      value: 12,
      later: [
        ["A.made", 11],
        ["A.name", "A"],
        ["class B extends A { y = this.x }\nnew B().y", 1],
      ],
    },
    {
      form: "abstract class and parameter properties",
      cells: [
        "abstract class P { constructor(public readonly x: number, private y = 2) {} sum() { return this.x + this.y } }\nclass Q extends P {}\nnew Q(1).sum()",
      ],
      value: 3,
    },
    { form: "accessor", cells: ["class A { accessor x = 1 }\nnew A().x"], value: 1 },
    {
      form: "decorators",
      cells: [
        "function twice(f: any, _: any) { return function (this: any, ...a: any[]) { return 2 * f.call(this, ...a) } }\nfunction mark(c: any, _: any) { c.marked = true }\n@mark class A { @twice m(x: number) { return x } }\n[new A().m(3), (A as any).marked, A.name]",
      ],
      value: [6, true, "A"],
      later: [["new A().m(1)", 2]],
    },
    {
      form: "enum",
      cells: ["enum Color { Red, Green = 5, Blue }\n[Color.Blue, Color[5]]"],
      value: [6, "Green"],
      later: [["Color.Red", 0]],
    },
    { form: "enum declared anew", cells: ["enum E { A, B }", "enum E { A }", "Object.keys(E)"], value: ["0", "A"] },
    { form: "const enum", cells: ["const enum E { A = 3 }\nE.A"], value: 3, later: [["E.A", 3]] },
    {
      form: "namespace",
      cells: [
        "namespace N { export const a = 1; export function f() { return a } }\nnamespace N { export const b = 2 }\n[N.f(), N.b]",
      ],
      value: [1, 2],
      later: [["N.a", 1]],
    },
    {
      form: "namespace and class of one name",
      cells: ["class C {}\nnamespace C { export const x = 1 }\n(C as any).x"],
      value: 1,
      later: [["new C() instanceof C", true]],
    },
    {
      form: "enum in two parts",
      cells: ["enum E { A }\nenum E { B = 5 }\n[E.A, E.B]"],
      value: [0, 5],
      later: [["enum E { C }; Object.keys(E)", ["0", "C"]]],
    },
    {
      form: "namespaces inside namespaces",
      cells: [
        "namespace A.B { export const x = 1; export namespace C { export let y = x + 1; y++ } }\n[A.B.x, A.B.C.y]",
      ],
      value: [1, 3],
    },
    {
      form: "function and namespace",
      cells: ["function f() { return 1 }\nnamespace f { export const x = 2 }\n[f(), f.x]"],
      value: [1, 2],
    },
    {
      form: "getters, setters and private members",
      cells: [
        "class A { #x = 1; get x() { return this.#x } set x(to) { this.#x = to } static #made = 0; static has(o: any) { return #x in o } #m() { return this.#x } m = () => this.#m() }\nconst a = new A();\na.x = 5;\n[a.x, a.m(), A.has(a), A.has({})]",
      ],
      value: [5, 5, true, false],
    },
    {
      form: "decorators of methods, accessors and fields",
      cells: [
        "const seen: string[] = [];\nconst d = (v: any, { kind, name }: any) => void seen.push(`${kind} ${String(name)}`);\n@d class A { @d m() {} @d get g() { return 1 } @d accessor a = 1; @d f = 2; @d static s = 3 }\nseen",
      ],
      value: ["method m", "getter g", "accessor a", "field s", "field f", "class A"],
    },
    {
      form: "types in expressions",
      cells: [
        "const id = <T,>(x: T): T => x;\nconst o: any = { a: { b: null } };\n[id<number>(1), (2 as any satisfies number)!, <number>3, o.a!.b?.c ?? 'd', o?.['a']?.b]",
      ],
      value: [1, 2, 3, "d", null],
    },
    {
      form: "declare in a class",
      cells: ["class A { declare x: number; y = 1; z?: number }\nObject.keys(new A())"],
      value: ["y", "z"],
    },
    { form: "flag v of regular expressions", cells: ["/[\\p{L}--[a-z]]/v.test('A')"], value: true },
    {
      form: "words that are names too",
      cells: [
        "let async = 1, of = [2], type = 3, get = 4, as = 5, from = 6;\nfor (const x of of) async += x;\n[async, type, get, as, from]",
      ],
      value: [3, 3, 4, 5, 6],
    },
    {
      form: "characters of every kind in names",
      cells: ["let größe = 1, 𝒳 = 2, \\u0061b = 3;\nconst f = () => [größe, 𝒳, ab];\nf()"],
      value: [1, 2, 3],
      later: [["𝒳", 2]],
    },
    {
      form: "namespace alias",
      cells: ["namespace N { export const a = 1 }\nimport a = N.a;\na"],
      value: 1,
      later: [["a", 1]],
    },
    {
      form: "types disappear",
      cells: [
        "interface I { x: number }\ntype T = I | null;\ndeclare const nothing: number;\ndeclare function none(): void;\nconst a = { x: 1 } satisfies I as I;\na!.x",
      ],
      value: 1,
      later: [["typeof nothing", "undefined"]],
    },
    {
      form: "using",
      cells: [
        "const log: string[] = [];\nconst open = (name: string) => ({ name, [Symbol.dispose]() { log.push(name) } });\n{ using inner = open('inner') }\nusing a = open('a'), b = open('b');\nvoid log.push('end')",
      ],
      later: [
        ["log", ["inner", "end", "b", "a"]],
        ["[a.name, b.name]", ["a", "b"]],
      ],
    },
    {
      form: "await using",
      cells: [
        "const log: string[] = [];\nawait using a = { async [Symbol.asyncDispose]() { log.push('closed') } };\nvoid log.push('end')",
      ],
      later: [["log", ["end", "closed"]]],
    },
    {
      form: "using together with decorators",
      cells: [
        "const log: string[] = [];\nfunction keep(c: any, _: any) { return c }\n@keep class A {}\nusing a = { x: new A(), [Symbol.dispose]() { log.push('closed') } };\nconst after = a.x instanceof A;\nafter",
      ],
      value: true,
      later: [["[log, after]", [["closed"], true]]],
    },

    // Imports and exports
    {
      form: "import of every kind",
      cells: [
        "import fs, { existsSync as exists, type Stats } from 'node:fs';\nimport * as path from 'node:path';\nimport 'node:url';\nimport type { ParsedPath } from 'node:path';\n[typeof fs.readFileSync, typeof exists, typeof path.join]",
      ],
      value: ["function", "function", "function"],
      later: [
        ["exists === fs.existsSync", true],
        ["path.sep.length", 1],
      ],
    },
    { form: "import below its use", cells: ["const s = sep;\nimport { sep } from 'node:path';\ns.length"], value: 1 },
    {
      form: "import of a type without saying so",
      cells: ["import { join, ParsedPath } from 'node:path';\ntypeof join"],
      value: "function",
    },
    {
      form: "import of JSON",
      cells: ["import data from 'data:application/json,{\"a\":1}' with { type: 'json' };\ndata.a"],
      value: 1,
    },
    {
      form: "dynamic import",
      cells: [
        "const { sep } = await import('node:path');\nconst load = async () => (await import('node:path')).sep;\nsep === await load()",
      ],
      value: true,
    },
    {
      form: "import.meta",
      cells: ["typeof import.meta.dirname"],
      value: "string",
      later: [["const where = () => import.meta.filename; typeof where()", "string"]],
    },
    {
      form: "export of every kind",
      cells: [
        "export const a = 1, b = 2;\nexport function f() { return a }\nexport class C {}\nexport enum E { X }\nexport default class D {}\nexport { a as z };\nexport type T = number;\nexport * from 'node:path';\nf() + b",
      ],
      value: 3,
      later: [["[a, b, typeof C, E.X, typeof D]", [1, 2, "function", 0, "function"]]],
    },
    { form: "export default of an expression", cells: ["const a = 1;\nexport default { a }"], value: { a: 1 } },
    { form: "export = of an expression", cells: ["const a = 1;\nexport = { a }"], value: { a: 1 } },
    { form: "export of nothing", cells: ["1;\nexport {}"], value: 1 },
    {
      form: "export of names of another module",
      cells: ["export * as p from 'node:path';\nexport { sep } from 'node:path';\n1"],
      value: 1,
    },
    { form: "export default of nameless ones", cells: ["export default function () { return 1 }\n2"], value: 2 },

    // The value
    { form: "nothing", cells: [""] },
    { form: "only comments", cells: ["// one\n/* two */"] },
    { form: "only a semicolon", cells: [";"] },
    { form: "a semicolon does not hide", cells: ["1 + 1;"], value: 2 },
    { form: "void hides", cells: ["void 5"], value: undefined },
    { form: "comment after the expression", cells: ["1 + 1 // two"], value: 2 },
    { form: "types after the expression", cells: ["1 + 1\ntype T = number"], value: 2 },
    { form: "a declaration is no value", cells: ["1\nlet a = 2"], value: undefined },
    { form: "an enum is no value", cells: ["enum E { A }"], value: undefined },
    {
      form: "object",
      cells: ["{ a: 1 }"],
      value: { a: 1 },
      later: [
        ["({ a: 1 })", { a: 1 }],
        ["{}", {}],
        ["let b = 2\n{ b, c: 3 }", { b: 2, c: 3 }],
      ],
    },
    {
      form: "a block that calls is no object",
      cells: ["let a = 0;\nconst f = () => { a++ };\n{\n  f()\n}"],
      value: undefined,
      later: [["a", 1]],
    },
    { form: "a block is no object", cells: ["{ let a = 1; a }"], value: undefined, later: [["{ 1; }", undefined]] },
    { form: "promise", cells: ["Promise.resolve(5)"], value: 5, later: [["await 1; Promise.resolve(6)", 6]] },
    { form: "comma", cells: ["1, 2"], value: 2, later: [["await 1, 2", 2]] },
    { form: "string that looks like a directive", cells: ["'use strict'"], value: "use strict" },
    {
      form: "assignment",
      cells: ["let a = 1", "a = 5"],
      value: 5,
      later: [
        ["a", 5],
        ["a++", 5],
        ["a", 6],
      ],
    },
    { form: "await", cells: ["await Promise.resolve(1) + await 2"], value: 3 },
    {
      form: "await everywhere",
      cells: [
        "const { x = await 1, [await 'k']: k } = { k: await 2 } as any;\nlet log: any[] = [x, k, ...await [3], `${await 4}`, -(await 5), (await 6) ** 2, await (async () => await 7)()];\nif (await true) for (const y of await [8]) log.push(await y);\nswitch (await 9) { case await 9: log.push(9) }\ntry { throw await 10 } catch (e) { log.push(await e) } finally { await 0 }\nlabel: while (await true) { await 0; break label }\nlog",
      ],
      value: [1, 2, 3, "4", -5, 36, 7, 8, 9, 10],
    },
  ]);
});
