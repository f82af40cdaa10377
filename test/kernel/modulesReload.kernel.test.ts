/** Local modules that change while a session runs: what is evaluated anew, and what each name is afterwards. */
import assert from "node:assert/strict";
import { rmSync, statSync, utimesSync } from "node:fs";
import path from "node:path";
import { KernelUnderTest } from "./kernelUnderTest.ts";
import { write, writeRow, type Files } from "./moduleFiles.ts";

describe("modules that change", function () {
  this.timeout(60_000);
  let kernel: KernelUnderTest;
  before(async () => void (kernel = await KernelUnderTest.started()));
  after(() => kernel.stop());

  /** Writes the files, runs a cell, changes files, runs another cell, and so on. */
  interface Check {
    cell: string;
    value?: string;
    fails?: RegExp;
    stderr?: RegExp;
  }
  type Step = string | Files | Check;
  const table: { name: string; files: Files; steps: Step[] }[] = [
    {
      name: "names from an import get the new exports, whichever cell imported them",
      files: {
        "a.ts": "export const n = 1; export function f() { return 'old' } export default class { kind = 'old' }",
      },
      steps: [
        "import D, { n, f as g } from '@/a.ts'; import * as all from '@/a.ts'",
        "const read = () => [n, g(), new D().kind, all.n]",
        { "@/a.ts": "export const n = 2; export function f() { return 'new' } export default class { kind = 'new' }" },
        {
          cell: "[...read(), n, g(), new D().kind, all.n]",
          value: "[\n  2,     'new', 'new',\n  2,     2,     'new',\n  'new', 2\n]",
        },
      ],
    },
    {
      name: "what imports it is evaluated anew, through any number of files; what does not keeps its state",
      files: {
        "base.ts": "export const b = 1",
        "middle.ts": "export * from './base.ts'",
        "top.js": "import { b } from './middle.ts'; export const t = b * 10; export const state = { n: 0 }",
        "apart.ts": "export const state = { n: 0 }",
      },
      steps: [
        "import { t, state } from '@/top.js'; import { state as apart } from '@/apart.ts'; const first = apart; state.n = apart.n = 5; t",
        { "@/base.ts": "export const b = 2" },
        { cell: "[t, state.n, apart.n, first === apart]", value: "[ 20, 0, 5, true ]" },
      ],
    },
    {
      name: "an import that runs again gives the same instance as long as nothing changes",
      files: { "a.ts": "export const o = {}" },
      steps: [
        "import { o } from '@/a.ts'; const before = o",
        { cell: "import { o } from '@/a.ts'; o === before && (await import('@/a.ts')).o === before", value: "true" },
        { "@/a.ts": "export const o = {}" },
        { cell: "o === before", value: "true" },
        { "@/a.ts": "export const o = {};" },
        { cell: "o === before", value: "false" },
      ],
    },
    {
      name: "import() and require give the new version, also in the middle of a cell",
      files: {
        "a.ts": "export const n = 1",
        "c.cjs": "exports.n = 1",
        "uses.ts": "export const load = async () => [(await import('./a.ts')).n, require('./c.cjs').n]",
        "d.json": "[1]",
      },
      steps: [
        {
          cell: "import { load } from '@/uses.ts'; import d from '@/d.json'; import { n } from '@/a.ts'; [await load(), require('@/c.cjs').n, d, n]",
          value: "[ [ 1, 1 ], 1, [ 1 ], 1 ]",
        },
        {
          cell: "import { writeFileSync } from 'node:fs'; writeFileSync('@/a.ts', 'export const n = 2'); writeFileSync('@/c.cjs', 'exports.n = 2'); writeFileSync('@/d.json', '[2]'); const mid = [(await import('@/a.ts')).n, require('@/c.cjs').n, n, d]; [mid, await load()]",
          value: "[ [ 2, 2, 2, [ 2 ] ], [ 2, 2 ] ]",
        },
      ],
    },
    {
      name: "what loaded it by import() or require is evaluated anew too",
      files: {
        "a.cjs": "module.exports = 1",
        "b.ts": "export const b = require('./a.cjs')",
        "c.ts": "export const c = (await import('./a.cjs')).default",
      },
      steps: [
        "import { b } from '@/b.ts'; import { c } from '@/c.ts'; [b, c]",
        { "@/a.cjs": "module.exports = 2" },
        { cell: "[b, c]", value: "[ 2, 2 ]" },
      ],
    },
    {
      name: "a name that holds a whole module follows it, however it came; what was taken out of one stays",
      files: {
        "a.ts": "export const n = 1",
        "c.cjs": "module.exports = { n: 1 }",
        "f.cjs": "module.exports = () => 1",
      },
      steps: [
        "import c = require('@/c.cjs'); const a = await import('@/a.ts'); let d = require('@/c.cjs'), f = require('@/f.cjs'); const { n } = a",
        "const read = () => [a.n, c.n, d.n, f(), n]",
        {
          "@/a.ts": "export const n = 2",
          "@/c.cjs": "module.exports = { n: 2 }",
          "@/f.cjs": "module.exports = () => 2",
        },
        { cell: "[...read(), a.n, c.n]", value: "[\n  2, 2, 2, 2,\n  1, 2, 2\n]" },
      ],
    },
    {
      name: "a name that another cell has declared as something else stays what it is",
      files: { "a.ts": "export const n = 1, m = 1; export let k = 1; export const setK = (v: number) => { k = v }" },
      steps: [
        "import { n, m, k } from '@/a.ts'",
        "const n = 'own'; let k = 'own'",
        { "@/a.ts": "export const n = 2, m = 2; export let k = 2" },
        { cell: "[n, m, k]", value: "[ 'own', 2, 'own' ]" },
      ],
    },
    {
      name: "instances keep their class",
      files: { "a.ts": "export class A { who() { return 'old' } }" },
      steps: [
        "import { A } from '@/a.ts'; const a = new A()",
        { "@/a.ts": "export class A { who() { return 'new' } }" },
        { cell: "[a.who(), new A().who(), a instanceof A]", value: "[ 'old', 'new', false ]" },
      ],
    },
    {
      name: "a version that does not load is reported once, with its line; the old one stays; an import of it fails",
      files: { "a.ts": "export const n = 1", "b.ts": "import { n } from './a.ts'; export const b = () => n" },
      steps: [
        "import { n } from '@/a.ts'; import { b } from '@/b.ts'",
        { "@/a.ts": "const x = 1;\nexport const = 2" },
        {
          cell: "[n, b()]",
          value: "[ 1, 1 ]",
          stderr:
            /^r\d+\/a\.ts has changed and does not load; the session keeps the old version of it and of r\d+\/b\.ts\.\nSyntaxError: .*a\.ts:2:14\)[\s\S]*❯ 2 │ export const = 2/,
        },
        { cell: "[n, b()]", value: "[ 1, 1 ]", stderr: /^$/ },
        { cell: "import { n } from '@/a.ts'; n", fails: /a\.ts:2:14/ },
        { cell: "import { b } from '@/b.ts'; b()", fails: /a\.ts:2:14/ },
        { cell: "[n, b()]", value: "[ 1, 1 ]" },
        { "@/a.ts": "export const n = 3" },
        { cell: "[n, b()]", value: "[ 3, 3 ]", stderr: /^$/ },
      ],
    },
    {
      name: "a version that throws: likewise, and it is tried again by an import",
      files: { "a.ts": "export const n = 1" },
      steps: [
        "import { n } from '@/a.ts'; (globalThis as any).there = false",
        { "@/a.ts": "if (!(globalThis as any).there) throw new Error('not there');\nexport const n = 2" },
        { cell: "n", value: "1", stderr: /not there\n {4}at .*a\.ts:1:\d+/ },
        { cell: "import { n } from '@/a.ts'; n", fails: /^not there$/m },
        { cell: "(globalThis as any).there = true; n", value: "1" },
        { cell: "import { n } from '@/a.ts'; n", value: "2" },
        { cell: "n", value: "2", stderr: /^$/ },
      ],
    },
    {
      name: "the mistake may be in a file that only the new version imports, or that is not there yet",
      files: { "a.ts": "export const n = 1" },
      steps: [
        "import { n } from '@/a.ts'",
        { "@/a.ts": "export { n } from './b.ts'", "@/b.ts": "export const n = (" },
        { cell: "n", value: "1", stderr: /b\.ts:1:19/ },
        { "@/b.ts": "export { n } from './c.ts'" },
        { cell: "n", value: "1", stderr: /Cannot find file "\.\/c\.ts"/ },
        { cell: "n", value: "1", stderr: /^$/ },
        { "@/c.ts": "export const n = 4" },
        { cell: "n", value: "4", stderr: /^$/ },
      ],
    },
    {
      name: "an export that is gone is an error by name where it is used",
      files: { "a.ts": "export const left = 1, right = 2" },
      steps: [
        "import { left, right } from '@/a.ts'",
        { "@/a.ts": "export const right = 3, lefty = 4" },
        { cell: "right", value: "3" },
        { cell: "left", fails: /has no export named "left"\. Did you mean "lefty"\?/ },
      ],
    },
    {
      name: "modules that import each other are evaluated anew together",
      files: {
        "a.ts": "import { b } from './b.ts'; export const a = 1; export const sum = () => a + b",
        "b.ts": "import { a } from './a.ts'; export const b = 10; export const both = () => [a, b]",
      },
      steps: [
        "import { sum } from '@/a.ts'; import { both } from '@/b.ts'; sum()",
        { "@/b.ts": "import { a } from './a.ts'; export const b = 20; export const both = () => [a, b, 'new']" },
        { cell: "[sum(), both()]", value: "[ 21, [ 1, 20, 'new' ] ]" },
      ],
    },
    {
      name: "a module that awaits",
      files: { "a.ts": "export const n = await new Promise<number>((r) => setTimeout(r, 2, 1))" },
      steps: [
        "import { n } from '@/a.ts'",
        { "@/a.ts": "export const n = await new Promise<number>((r) => setTimeout(r, 2, 2))" },
        { cell: "n", value: "2" },
      ],
    },
    {
      name: "gradbook and packages stay what they are",
      files: {
        "a.ts": "import { Tensor } from 'gradbook'; import p from 'stays-pkg'; export { Tensor, p }",
        "node_modules/stays-pkg/package.json": { name: "stays-pkg" },
        "node_modules/stays-pkg/index.js": "exports.o = 1",
      },
      steps: [
        "import { Tensor, p } from '@/a.ts'; const before = [Tensor, p] as const",
        {
          "@/a.ts": "import { Tensor } from 'gradbook'; import p from 'stays-pkg'; export { Tensor, p, p as q }",
          "./node_modules/stays-pkg/index.js": "exports.o = 2",
        },
        {
          cell: "import { q } from '@/a.ts'; [Tensor === before[0], p === before[1], q.o]",
          value: "[ true, true, 1 ]",
        },
      ],
    },
    {
      name: "errors from functions of an older version keep their lines",
      files: { "a.ts": "export const f = () => {\n  throw new Error('old')\n}" },
      steps: [
        "import { f } from '@/a.ts'; const old = f",
        { "@/a.ts": "\n\n\n\nexport const f = () => {\n  throw new Error('new')\n}" },
        { cell: "f()", fails: /^new$[\s\S]*at f \(.*a\.ts:6:9\)/m },
        { cell: "old()", fails: /^old$[\s\S]*at f \(.*a\.ts:2:9\)/m },
      ],
    },
    {
      name: "import.meta.url does not show the version",
      files: { "a.ts": "export const n = 1; export const { url } = import.meta" },
      steps: [
        "import { url } from '@/a.ts'",
        { "@/a.ts": "export const n = 2; export const { url } = import.meta" },
        { cell: "url.endsWith('/a.ts')", value: "true" },
      ],
    },
    {
      name: "what is thrown inside a cell's cycle of a training loop is of the newest version at each import",
      files: { "step.ts": "export const step = () => 1" },
      steps: [
        {
          cell: "import { writeFileSync } from 'node:fs'; const got: number[] = []; for (let i = 0; i < 3; i++) { const { step } = await import('@/step.ts'); got.push(step()); writeFileSync('@/step.ts', `export const step = () => ${i + 10}`) }\ngot",
          value: "[ 1, 10, 11 ]",
        },
      ],
    },
    {
      name: "the threads of a DataLoader run the new version of their module",
      files: { "map.mjs": "export default ([x]) => [{ ...x, data: x.data.map((v) => v + 1) }]" },
      steps: [
        "import { data, zeros } from 'gradbook'; const loader = new data.DataLoader(new data.TensorDataset(zeros([2])), { batchSize: 2, map: '@/map.mjs' }); async function sum() { let s = 0; for await (const [x] of loader as any) s += x.sum().item(); return s }",
        { cell: "await sum()", value: "2" },
        { "@/map.mjs": "export default ([x]) => [{ ...x, data: x.data.map((v) => v + 2) }]" },
        { cell: "await sum()", value: "4" },
      ],
    },
  ];
  for (const { name, files, steps } of table) {
    it(name, async () => {
      const place = writeRow(kernel.folder, files);
      for (const step of steps) {
        if (typeof step === "string") await kernel.value(place(step));
        else if (!("cell" in step)) {
          write(
            kernel.folder,
            Object.fromEntries(Object.entries(step as Files).map(([file, text]) => [place(file), text])),
          );
        } else {
          const { cell, value, fails, stderr } = step as Check;
          const result = await kernel.run(place(cell));
          const { reply } = result;
          const trace = reply.status === "error" ? `${reply.evalue}\n${reply.traceback.join("\n")}` : undefined;
          if (fails) assert.match(trace ?? `no error: ${cell}`, fails);
          else assert.equal(trace ?? result.value, value);
          if (stderr) assert.match(result.stderr, stderr);
        }
      }
    });
  }

  it("times that change without the content evaluate nothing", async () => {
    const place = writeRow(kernel.folder, { "a.ts": "console.log('evaluated'); export const a = {}" });
    assert.equal((await kernel.run(place("import { a } from '@/a.ts'; const was = a"))).stdout, "evaluated\n");
    const file = path.join(kernel.folder, place("@/a.ts"));
    utimesSync(file, 1, 1);
    assert.equal((await kernel.run("a === was")).stdout, "");
  });

  it("content that changes without its time and size is seen", async () => {
    const place = writeRow(kernel.folder, { "a.ts": "export const a = 1" });
    await kernel.value(place("import { a } from '@/a.ts'"));
    const file = path.join(kernel.folder, place("@/a.ts"));
    const { atime, mtime } = statSync(file);
    write(kernel.folder, { [place("@/a.ts")]: "export const a = 2" });
    utimesSync(file, atime, mtime);
    assert.equal(await kernel.value("a"), "2");
  });

  it("a file that is gone leaves its module, and cannot be imported", async () => {
    const place = writeRow(kernel.folder, { "a.ts": "export const a = 1" });
    await kernel.value(place("import { a } from '@/a.ts'"));
    rmSync(path.join(kernel.folder, place("@/a.ts")));
    assert.equal(await kernel.value("a"), "1");
    const { reply } = await kernel.run(place("import { a } from '@/a.ts'"));
    assert.ok(reply.status === "error");
    assert.match(reply.evalue, /Cannot find file/);
    write(kernel.folder, { [place("@/a.ts")]: "export const a = 3" });
    assert.equal(await kernel.value("a"), "3");
  });

  it("an interrupt while a changed module is evaluated stops it, and the old one stays", async () => {
    const place = writeRow(kernel.folder, { "a.ts": "export const a = 1" });
    await kernel.value(place("import { a } from '@/a.ts'"));
    write(kernel.folder, { [place("@/a.ts")]: "console.log('go'); for (;;) {}" });
    const cell = kernel.start("a");
    await cell.printed("go");
    await kernel.client.interrupt();
    const { reply } = await cell.result;
    assert.ok(reply.status === "error");
    assert.equal(reply.ename, "Interrupted");
    write(kernel.folder, { [place("@/a.ts")]: "export const a = 2" });
    assert.equal(await kernel.value("a"), "2");
  });

  it("old versions free their memory", async () => {
    const place = writeRow(kernel.folder, { "big.ts": "export const big = new Array(1e6).fill(0)" });
    await kernel.value(
      place(
        "import { big } from '@/big.ts'; import { setFlagsFromString } from 'node:v8'; import vm from 'node:vm'; setFlagsFromString('--expose-gc'); const collect = vm.runInNewContext('gc'); const refs: WeakRef<object>[] = []",
      ),
    );
    for (let i = 1; i <= 5; i++) {
      await kernel.value("refs.push(new WeakRef(big)); big.length");
      write(kernel.folder, { [place("@/big.ts")]: `export const big = new Array(1e6).fill(${i})` });
    }
    assert.equal(await kernel.value("big[0]"), "5");
    assert.equal(
      await kernel.value("await new Promise((r) => setTimeout(r, 5)); collect(); refs.filter((r) => r.deref()).length"),
      "0",
    );
  });
});
