import { checkForms } from "./languageForms.ts";

describe("a cell runs", () => {
  checkForms([
    // Control flow
    {
      form: "labels",
      cells: [
        "let n = 0;\nouter: for (const i of [1, 2, 3]) {\n  inner: for (let j = 0; ; j++) {\n    if (j === 2) continue outer;\n    if (i === 3) break outer;\n    do { n++; if (n > 100) break inner; continue inner } while (true)\n  }\n}\nn",
      ],
      value: 4,
    },
    { form: "label of a block", cells: ["let n = 1;\nout: { if (n) break out; n = 2 }\nn"], value: 1 },
    {
      form: "label twice on one loop",
      cells: ["let n = 0;\na: b: while (true) { n++; if (n < 3) continue a; break b }\nn"],
      value: 3,
    },
    {
      form: "while with an effect in its condition",
      cells: ["let n = 5, seen = 0;\nwhile (n-- > 0) seen++;\n[n, seen]"],
      value: [-1, 5],
    },
    {
      form: "do while with an effect in its condition",
      cells: ["let n = 0, seen = 0;\ndo seen++; while (++n < 7);\n[n, seen]"],
      value: [7, 7],
    },
    {
      form: "for without parts",
      cells: [
        "let n = 0;\nfor (;;) { if (++n > 9) break }\nfor (n = 0, void 0; ; n++) if (n > 4) break;\nfor (; n < 20; ) n++;\nn",
      ],
      value: 20,
    },
    {
      form: "for head held by a closure",
      cells: ["const fs = [];\nfor (let i = 0, step = 1; i < 5; i += step) fs.push(() => i);\nfs.map((f) => f())"],
      value: [0, 1, 2, 3, 4],
    },
    {
      form: "for of held by a closure",
      cells: [
        "const fs = [];\nfor (const [k, v] of new Map([[1, 2], [3, 4]])) fs.push(() => k + v);\nfs.map((f) => f())",
      ],
      value: [3, 7],
    },
    {
      form: "for of into a name, a member and a pattern",
      cells: [
        "let a = 0, o: any = {}, b = 0;\nfor (a of [1, 2]) ;\nfor (o.x of [3, 4]) ;\nfor ([a, { b }] of [[5, { b: 6 }]] as any) ;\n[a, o.x, b]",
      ],
      value: [5, 4, 6],
    },
    {
      form: "for of closes what it leaves",
      cells: [
        "const log: string[] = [];\nfunction* g() { try { yield 1; yield 2 } finally { log.push('closed') } }\nfor (const x of g()) break;\nfor (const x of g()) ;\nconst leave = () => { for (const x of g()) return x };\nleave();\ntry { for (const x of g()) throw new Error('body') } catch (e: any) { log.push(e.message) }\nlog",
      ],
      value: ["closed", "closed", "closed", "closed", "body"],
    },
    {
      form: "for of does not close what failed itself",
      cells: [
        "const log: string[] = [];\nconst it = { [Symbol.iterator]() { return this }, next() { throw new Error('next') }, return() { log.push('closed'); return {} } };\ntry { for (const x of it) ; } catch (e: any) { log.push(e.message) }\nlog",
      ],
      value: ["next"],
    },
    {
      form: "for in",
      cells: ["const keys = [];\nfor (const k in { a: 1, b: 2, c: 3, d: 4, e: 5 }) keys.push(k);\nkeys.join('')"],
      value: "abcde",
    },
    {
      form: "for await over promises",
      cells: ["let sum = 0;\nfor await (const x of [Promise.resolve(1), 2]) sum += x;\nsum"],
      value: 3,
    },
    {
      form: "loops in functions of every kind",
      cells: [
        "const f = async () => { let n = 0; for (const x of [1, 2, 3, 4, 5]) { await 0; n += x } return n };\nfunction* g() { for (let i = 0; i < 5; i++) yield i }\nclass A { m() { let n = 0; while (n < 7) n++; return n } }\n[await f(), [...g()].length, new A().m()]",
      ],
      value: [15, 5, 7],
    },
    {
      form: "switch",
      cells: [
        "let a = 2, r = '';\nswitch (a) { case 1: r = 'one'; break; case 2: { let a = 5; r = 'two' + a } default: r += '!' }\nr",
      ],
      value: "two5!",
    },
    {
      form: "try, catch, finally",
      cells: [
        "let log = '';\ntry { log += 'a'; throw new Error('b') } catch ({ message }: any) { log += message } finally { log += 'c' }\nlog",
      ],
      value: "abc",
    },
    {
      form: "ASI hazards",
      cells: ["let a = 1\nlet b = a\n;[a, b] = [3, 4]\nconst c = `x`\n;(() => { a++ })()\n;[a, b].length"],
      value: 2,
      later: [["a", 4]],
    },
    {
      form: "names of ours as names of the user's",
      cells: [
        "let $gradbook = 1, $k = 2, $site1 = 3, $$a = 4, a = 5, $done = 6;\nconst f = () => [$gradbook, $k, $site1, $$a, a];\nfor (const $iterator of [1, 2, 3, 4]) for (let $k = 0; $k < 2; $k++) $done++;\n[...f(), $done]",
      ],
      value: [1, 2, 3, 4, 5, 14],
    },
    {
      form: "a block hides a name",
      cells: ["let x = 1;\n{ let x = 2; for (let i = 0; i < 5; i++) x++ }\nx++;\nx"],
      value: 2,
      later: [["x", 2]],
    },
    {
      form: "parameters and inner names hide a name",
      cells: [
        "let x = 1;\nconst f = (x: number, y = x) => { { let x = 9; void x } return x + y };\nconst g = function x() { return typeof x };\n[f(3), g(), x]",
      ],
      value: [6, "function", 1],
    },
    {
      form: "a default of a parameter means the outer name",
      cells: ["let x = 1;\nfunction f(y = x) { var x = 5; return [x, y] }\nf()"],
      value: [5, 1],
    },
    {
      form: "shorthand and computed properties",
      cells: ["let a = 1, b = 'k';\nconst f = () => ({ a, [b]: a, a() { return a } });\n[f().k, { a }.a]"],
      value: [1, 1],
    },
    {
      form: "template literal",
      cells: ["let a = 1;\nconst f = () => `${a}`;\nconst tag = (s: any, ...v: any[]) => v;\n[f(), tag`${a}${f()}`]"],
      value: ["1", [1, "1"]],
    },

    // Text
    { form: "BOM", cells: ["\uFEFF1 + 1"], value: 2 },
    { form: "shebang", cells: ["#!/usr/bin/env gradbook\n1 + 1"], value: 2 },
    { form: "CRLF", cells: ["let a = 1\r\nlet b = 2\r\na + b"], value: 3 },
    { form: "directive", cells: ["'use strict';\nlet a = 1\na"], value: 1 },

    // Across cells
    {
      form: "a name used before it is declared",
      cells: ["const f = () => later + 1", "const later = 1", "f()"],
      value: 2,
      later: [["let later = 5; f()", 6]],
    },
    {
      form: "typeof of a name that is declared later",
      cells: ["const kind = () => typeof later;\nkind()"],
      value: "undefined",
      later: [["const later = 1; kind()", "number"]],
    },
    {
      form: "closures see what is declared again",
      cells: ["let x = 1; const get = () => x; const set = (v: number) => { x = v }", "let x = 2; get()"],
      value: 2,
      later: [
        ["set(3); x", 3],
        ["const x = 4; get()", 4],
      ],
    },
    {
      form: "a plain name becomes one that closures hold",
      cells: ["let x = 1", "const get = () => x", "x = 5; get()"],
      value: 5,
    },
    {
      form: "a name of the session shadows a global",
      cells: [
        "const name = 'mine', Map = 5 as any, performance = 1 as any;\nconst f = () => [name, Map];\n[...f(), performance]",
      ],
      value: ["mine", 5, 1],
      later: [["[Map, performance]", [5, 1]]],
    },
    {
      form: "compound assignment from an earlier cell",
      cells: ["let a = 1, b: any = null, c = 0", "a += 2; a **= 2; b ??= 5; c ||= 6; c &&= 7; --c", "[a, b, c]"],
      value: [9, 5, 6],
    },
    {
      form: "what was changed before an error stays",
      cells: ["let n = 0, m = 0"],
      later: [
        ["try { for (const x of [1, 2, 3]) { n = x; if (x === 2) throw 0 } } catch {}", undefined],
        ["[n, m]", [2, 0]],
      ],
    },
    {
      form: "a global assigned in a function",
      cells: ["(globalThis as any).languageTest = 1;\nconst f = () => { languageTest = 2; return languageTest };\nf()"],
      value: 2,
      later: [["delete (globalThis as any).languageTest", true]],
    },
  ]);
});
