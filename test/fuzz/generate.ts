/** One cell for each number: mutated real cells, random programs, garbage, what is huge or deep, never ends or breaks things. */
import fc from "fast-check";
import { program, steps } from "../kernel/languagePrograms.ts";
import { endless, hostile, shipped, thrown, written } from "./corpus.ts";
import type { Random } from "./random.ts";

export interface Cell {
  kind: string;
  code: string;
  /** It may never end by itself: it is interrupted. */
  endless?: true;
  /** It breaks what all cells share: nothing is expected of the session afterwards but the truth. */
  hostile?: true;
}

const WORDS =
  'let const var a b x y n { } ( ) [ ] => ; , . : ? ! + - * ** / % & | ^ ~ < > = == === != += ?? ?. && || ` \' " ${ await async function* function class extends for while do if else return break continue try catch finally import export default from of in new this super yield typeof void delete enum namespace type interface as satisfies using switch case throw static get set accessor declare abstract @ # 0 1 2n 1e9 .5 0x1 \\u0061 \\n /a/g /* */ // <T> => null undefined NaN "str" `t`'.split(
    " ",
  );

export function makeCell(random: Random): Cell {
  const cell = random.pick(weighted)(random);
  // A line that begins with `!` is a command for the shell, which nobody has made up here.
  return { ...cell, code: cell.code.replace(/^(\s*)!/gm, "$1;!") };
}

type Make = (random: Random) => Cell;

const mutatedWritten: Make = (random) => ({
  kind: "mutated",
  code: mutate(random.pick(written), random),
  endless: true,
});
const mutatedShipped: Make = (random) => ({
  kind: "mutated notebook",
  code: mutate(random.pick(shipped), random),
  endless: true,
});
const mutatedProgram: Make = (random) => ({
  kind: "mutated program",
  code: mutate(randomProgram(random), random),
  endless: true,
});
const spliced: Make = (random) => {
  const [a, b] = [random.pick(written), random.pick(written)];
  const code = a.slice(0, random.below(a.length)) + b.slice(random.below(b.length));
  return { kind: "spliced", code, endless: true };
};
const programs: Make = (random) => ({ kind: "program", code: randomProgram(random) });
const words: Make = (random) => ({
  kind: "words",
  code: random.times(1 + random.below(40), () => random.pick(WORDS)).join(random.chance(0.8) ? " " : ""),
  endless: true,
});
const garbage: Make = (random) => ({
  kind: "garbage",
  code: String.fromCodePoint(...random.times(random.below(200), () => codePoint(random))),
  endless: true,
});
const large: Make = (random) => ({ kind: "huge", code: random.pick(huge)(random) });
const nested: Make = (random) => ({
  kind: "deep",
  code: random.pick(deep)(10 ** (1 + random.below(3)) * (1 + random.below(5))),
});
const throwing: Make = (random) => ({ kind: "throws", code: around(random.pick(thrown), random) });
const looping: Make = (random) => ({ kind: "endless", code: random.pick(endless), endless: true });
const breaking: Make = (random) => ({ kind: "hostile", code: random.pick(hostile), endless: true, hostile: true });

/** Each as often as it stands here, of a hundred. */
const weighted: Make[] = (
  [
    [mutatedWritten, 27],
    [mutatedShipped, 8],
    [mutatedProgram, 18],
    [spliced, 8],
    [programs, 12],
    [words, 8],
    [garbage, 5],
    [large, 1],
    [nested, 2],
    [throwing, 7],
    [looping, 2],
    [breaking, 2],
  ] as const
).flatMap(([make, often]) => Array<Make>(often).fill(make));

function randomProgram(random: Random): string {
  const [chosen] = fc.sample(fc.array(steps, { minLength: 1, maxLength: 6 }), {
    numRuns: 1,
    seed: random.below(2 ** 31),
  });
  return program(chosen!).join("\n");
}

const TOKEN = /\s+|[\p{ID_Start}$_][\p{ID_Continue}$]*|\d[\w.]*|'[^'\n]*'|"[^"\n]*"|=>|\.\.\.|[-+*/&|=!<>?]+|./gsu;

/** A few tokens left out, doubled, exchanged, or put in. */
function mutate(code: string, random: Random): string {
  const tokens = code.match(TOKEN) ?? [];
  for (let n = 1 + random.below(4); n > 0 && tokens.length > 0; n--) {
    const at = random.below(tokens.length);
    const other = random.below(tokens.length);
    switch (random.below(6)) {
      case 0:
        tokens.splice(at, 1 + random.below(3));
        break;
      case 1:
        tokens.splice(at, 0, tokens[at]!);
        break;
      case 2:
        [tokens[at], tokens[other]] = [tokens[other]!, tokens[at]!];
        break;
      case 3:
        tokens[at] = random.pick(WORDS);
        break;
      case 4:
        tokens.splice(at, 0, " ", random.pick(WORDS), " ");
        break;
      case 5:
        tokens.splice(at, 0, ...tokens.slice(other, other + 1 + random.below(8)));
        break;
    }
  }
  return tokens.join("");
}

function codePoint(random: Random): number {
  const point = random.pick([
    () => 32 + random.below(95),
    () => 32 + random.below(95),
    () => random.below(0x300),
    () => 0x2000 + random.below(0x70),
    () => 0x1f600 + random.below(80),
    () => 0xd800 + random.below(0x800),
    () => random.below(0x110000),
    () => random.pick([0, 9, 10, 13, 0x2028, 0x2029, 0xfeff, 0xffff]),
  ])();
  return point;
}

/** A throw at the top, in a function, after an await, in a loop. */
function around(statement: string, random: Random): string {
  if (/^import '/.test(statement)) return statement;
  const wrapped = [
    statement,
    statement,
    `function inner() {\n  ${statement}\n}\ninner()`,
    `await 0;\n${statement}`,
    `for (const x of [1]) {\n  ${statement}\n}`,
    `try {\n  ${statement}\n} finally { 1 }`,
    `await (async () => {\n  await 0;\n  ${statement}\n})()`,
  ];
  // A function that is not async cannot wait, and an import stands at the top.
  return random.pick(/\bawait\b|^import\b/.test(statement) ? [statement] : wrapped);
}

const huge: ((random: Random) => string)[] = [
  (random) => `"${"x".repeat(10 ** (5 + random.below(2)))}".length`,
  () => Array.from({ length: 3000 }, (_, i) => `let huge${i} = ${i};`).join("\n") + "\nhuge2999",
  () => Array.from({ length: 2000 }, (_, i) => `for (let i = 0; i < 2; i++) void ${i};`).join("\n"),
  () => `[${"1,".repeat(50_000)}].length`,
  () => `console.log(${"'a' + ".repeat(2000)}'')`,
  () => "\n".repeat(100_000) + "throw new Error('far down')",
  () => "// ".padEnd(500_000, "x") + "\n1",
  () => `const o = { ${Array.from({ length: 5000 }, (_, i) => `k${i}: ${i}`).join(", ")} };\no`,
  () => "console.log('x'.repeat(3e6))",
  () => "Array.from({ length: 1e5 }, (_, i) => ({ i }))",
  () => "for (let i = 0; i < 3e4; i++) console.log(i)",
  () => "new Array(4294967295)",
  () => "'a'.repeat(2 ** 28).length",
];

const deep: ((n: number) => string)[] = [
  (n) => "(".repeat(n) + "1" + ")".repeat(n),
  (n) => "[".repeat(n) + "]".repeat(n),
  (n) => "{".repeat(n) + "}".repeat(n),
  (n) => "if (1) ".repeat(n) + "1",
  (n) => "() => ".repeat(n) + "1",
  (n) => "!".repeat(n) + "1",
  (n) => "1 + ".repeat(n) + "1",
  (n) => "a.".repeat(n) + "b",
  (n) => "`${".repeat(n) + "}`".repeat(n),
  (n) => "for (const x of [1]) ".repeat(Math.min(n, 400)) + "void x",
  (n) => "function f() { ".repeat(n) + "}".repeat(n),
  (n) => "let x = 1; { ".repeat(n) + "}".repeat(n),
  (n) => "try { ".repeat(n) + "throw 1" + " } finally { }".repeat(n),
  (n) => "l: ".replace("l", "x") + Array.from({ length: n }, (_, i) => `l${i}: `).join("") + "for (;;) break",
  (n) => `let d: any = 1; for (let i = 0; i < ${n}; i++) d = [d]; d`,
  (n) => `let e: any = new Error("0"); for (let i = 0; i < ${n}; i++) e = new Error(String(i), { cause: e }); throw e`,
  (n) => "type T = " + "[".repeat(n) + "]".repeat(n) + "; 1",
  (n) => "x ? ".repeat(n) + "1" + " : 2".repeat(n),
];
