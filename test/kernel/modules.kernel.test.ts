/** Imports of all kinds in a real kernel: local modules, packages, JSON. */
import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import path from "node:path";
import { KernelUnderTest } from "./kernelUnderTest.ts";
import { runtimes } from "./runtimes.ts";
import { write, writeRow, type Files } from "./moduleFiles.ts";

const DUAL = {
  name: "dual",
  exports: { ".": { import: "./i.mjs", require: "./r.cjs" }, "./sub/*": "./sub/*.js", "./data.json": "./data.json" },
};

for (const { name: node, runtime } of runtimes)
  describe(`modules, ${node}`, function () {
    this.timeout(60_000);
    let kernel: KernelUnderTest;
    before(async () => void (kernel = await KernelUnderTest.started({ runtime })));
    after(() => kernel.stop());

    interface Row {
      name: string;
      files?: Files;
      cell: string;
      value: string;
    }
    const rows = (table: Row[]): void => {
      for (const { name, files = {}, cell, value } of table) {
        it(name, async () => {
          const place = writeRow(kernel.folder, files);
          assert.equal(await kernel.value(place(cell)), value);
        });
      }
    };

    describe("forms", () => {
      const a =
        "export const one = 1; export let two: number = 2; export default class Named { kind = 'default' }\nexport type T = string; export interface I { x: T }";
      rows([
        {
          name: "default, named, renamed, star, type, side effect",
          files: { "a.ts": a, "side.ts": "(globalThis as any).side = 'seen';" },
          cell: "import D, { one, two as zwei, type T } from '@/a.ts'; import * as all from '@/a.ts'; import type { I } from '@/a.ts'; import '@/side.ts'; const t: T = 't'; [one, zwei, new D().kind, Object.keys(all), (globalThis as any).side]",
          value: "[ 1, 2, 'default', [ 'default', 'one', 'two' ], 'seen' ]",
        },
        {
          name: "import x = require()",
          files: { "c.cjs": "module.exports = { n: 3 }" },
          cell: "import c = require('@/c.cjs'); c.n",
          value: "3",
        },
        {
          name: "export … from in a cell is tolerated",
          files: { "a.ts": a },
          cell: "export * from '@/a.ts'; export { one as uno } from '@/a.ts'; 'ran'",
          value: "'ran'",
        },
        {
          name: "dynamic import, with a computed name",
          files: { "a.ts": a },
          cell: "const name = 'a'; (await import(`@/${name}.ts`)).one",
          value: "1",
        },
        {
          name: "one instance for all ways of importing",
          files: { "a.ts": "export const o = {};" },
          cell: "import { o } from '@/a.ts'; o === (await import('@/a')).o && o === require('@/a.ts').o && o === (await import('@/a.ts?x=1')).o",
          value: "true",
        },
        {
          name: "exports of every form",
          files: {
            "a.ts":
              "const x = 1, y = 2; function f() { return z }\nlet z = 3;\nexport { x, y as why, f, x as 'a string', z as default }; export const { p, q: [r] } = { p: 4, q: [5] }; export function* g() { yield 6 }\nexport class C {} export enum E { A = 7 } export namespace N { export const n = 8 } export async function h() {}",
            "b.ts":
              "export * from './a.ts'; export * as a from './a.ts'; export { x as ex, default } from './a.ts'; import { why } from './a.ts'; export { why as reexported }; export const x = 'own';",
          },
          cell: "import z, * as b from '@/b.ts'; [Object.keys(b).sort().join(' '), z, b.f(), b['a string'], b.r, [...b.g()], b.E.A, b.N.n, b.x, b.ex, b.reexported, b.a.x]",
          value:
            "[\n  'C E N a a string default ex f g h p r reexported why x',\n  3,\n  3,\n  1,\n  5,\n  [ 6 ],\n  7,\n  8,\n  'own',\n  1,\n  2,\n  1\n]",
        },
        {
          name: "anonymous defaults are named default, and functions are hoisted",
          files: {
            "f.ts":
              "export const early = me(); import me from './f.ts'; export default function () { return 'hoisted' }",
            "c.ts": "export default class { n = 1 }",
            "a.ts": "export default () => 2",
          },
          cell: "import f, { early } from '@/f.ts'; import C from '@/c.ts'; import a from '@/a.ts'; [early, C.name, a.name, new C().n, a()]",
          value: "[ 'hoisted', 'default', 'default', 1, 2 ]",
        },
        {
          name: "a changing export is live in modules and in cells",
          files: {
            "a.ts": "export let n = 0; export const up = () => { n++ }",
            "b.ts": "import { n } from './a.ts'; export const read = () => n",
          },
          cell: "import { n, up } from '@/a.ts'; import { read } from '@/b.ts'; const before = n; up(); up(); [before, n, read()]",
          value: "[ 0, 2, 2 ]",
        },
        {
          name: "circles: functions before their module has begun, values when they are there",
          files: {
            "a.ts":
              "import { b, useA } from './b.ts'; export function a() { return 'a' } export const late = 'late'; export const fromB = b; export { useA }",
            "b.ts":
              "import { a, late } from './a.ts'; export const b = a() + 'b'; export const useA = () => late; export let error = ''; try { void late } catch (e) { error = (e as Error).name }",
          },
          cell: "import { fromB, useA } from '@/a.ts'; import { error } from '@/b.ts'; [fromB, useA(), error]",
          value: "[ 'ab', 'late', 'ReferenceError' ]",
        },
        {
          name: "modules are evaluated once, in the order of their imports, and wait for top-level awaits",
          files: {
            "log.ts": "export const log: string[] = []",
            "slow.ts":
              "import { log } from './log.ts'; await new Promise((r) => setTimeout(r, 5)); log.push('slow'); export const slow = 1",
            "fast.ts": "import { log } from './log.ts'; log.push('fast')",
            "main.ts": "import './slow.ts'; import './fast.ts'; import { log } from './log.ts'; log.push('main')",
          },
          cell: "await Promise.all([import('@/main.ts'), import('@/slow.ts'), import('@/main.ts')]); import { log } from '@/log.ts'; log",
          value: "[ 'slow', 'fast', 'main' ]",
        },
        {
          name: "what import.meta says, in a cell and in a module",
          files: {
            "m.ts":
              "export const { url, filename, dirname } = import.meta; export const found = import.meta.resolve('./n')",
            "n.ts": "",
          },
          cell: "import path from 'node:path'; import { pathToFileURL } from 'node:url'; import * as m from '@/m.ts'; [m.url === pathToFileURL(m.filename).href, path.basename(m.filename), m.found === pathToFileURL(path.join(m.dirname, 'n.ts')).href, path.dirname(m.dirname) === import.meta.dirname, import.meta.resolve('@/m') === m.url, import.meta.resolve('node:fs'), Object.keys(import.meta).includes('command')]",
          value: "[ true, 'm.ts', true, true, true, 'node:fs', false ]",
        },
        {
          name: "a type imported without `type` does no harm",
          files: {
            "t.ts": "export interface Shape { a: 1 }",
            "u.ts": "import { Shape } from './t.ts'; export { Shape }; export const s: Shape = { a: 1 }",
          },
          cell: "import { s, Shape } from '@/u.ts'; s",
          value: "{ a: 1 }",
        },
        {
          name: "decorators and `using`",
          files: {
            "d.ts":
              "const names: string[] = []; function mark(_: unknown, c: { name: string | symbol }) { names.push(String(c.name)) }\nexport class K { @mark m() {} }\nexport let closed = 0; { using x = { [Symbol.dispose]() { closed++ } }; void x }\nexport { names }",
          },
          cell: "import { names, closed } from '@/d.ts'; [names, closed]",
          value: "[ [ 'm' ], 1 ]",
        },
        {
          name: "shorthand, calls, templates and `this` of imported functions",
          files: {
            "f.ts":
              "export function who(this: unknown) { return this === undefined } export const tag = (s: TemplateStringsArray) => s[0]",
            "g.ts":
              "import { who, tag } from './f.ts'; export const all = [who(), { who }.who === who, tag`t`, typeof who]",
          },
          cell: "import { all } from '@/g.ts'; all",
          value: "[ true, true, 't', 'function' ]",
        },
      ]);
    });

    describe("files", () => {
      rows([
        {
          name: "every ending",
          files: {
            "a.js": "export const n = 1",
            "b.mjs": "export const n = 2",
            "c.cjs": "exports.n = 3",
            "d.ts": "export const n: number = 4",
            "e.mts": "export const n: number = 5",
            "f.cts": "import p = require('node:path'); export = { n: p.sep.length + 5 as number }",
          },
          cell: "const found: number[] = []; for (const f of ['a.js', 'b.mjs', 'c.cjs', 'd.ts', 'e.mts', 'f.cts']) { const m = await import(`@/${f}`); found.push(m.n ?? m.default.n, require(`@/${f}`).n) }\nfound",
          value: "[\n  1, 1, 2, 2, 3,\n  3, 4, 4, 5, 5,\n  6, 6\n]",
        },
        {
          name: "without an ending: TypeScript first, then a folder's index or main",
          files: {
            "m.ts": "export default 'ts'",
            "m.js": "export default 'js'",
            "dir/index.ts": "export default 'index'",
            "pkg/package.json": { main: "lib/x" },
            "pkg/lib/x.js": "module.exports = 'main'",
            "j.json": "[1]",
          },
          cell: "import m from '@/m'; import dir from '@/dir'; import slash from '@/dir/'; import pkg from '@/pkg'; import j from '@/j'; [m, dir, slash, pkg, j]",
          value: "[ 'ts', 'index', 'index', 'main', [ 1 ] ]",
        },
        {
          name: "./model.js is model.ts where there is no model.js",
          files: {
            "a.ts": "export { n } from './b.js'; export { n as m } from './c.mjs'",
            "b.ts": "export const n = 'ts'",
            "c.mts": "export const n = 'mts'",
            "d.js": "export const n = 'js'",
            "d.ts": "export const n = 'ts'",
          },
          cell: "import { n, m } from '@/a.js'; import { n as d } from '@/d.js'; [n, m, d]",
          value: "[ 'ts', 'mts', 'js' ]",
        },
        {
          name: "names with spaces and other signs",
          files: { "a b ü#.ts": "export const n = 1" },
          cell: "[(await import('@/a b ü%23.ts')).n, require('@/a b ü#').n]",
          value: "[ 1, 1 ]",
        },
        {
          name: "an absolute path and a file: address",
          files: { "a.ts": "export const n = 1" },
          cell: "import path from 'node:path'; import { pathToFileURL } from 'node:url'; const p = path.resolve('@/a.ts'); [(await import(p)).n, (await import(pathToFileURL(p).href)).n]",
          value: "[ 1, 1 ]",
        },
        {
          name: "JSON, with and without its attribute, by name too",
          files: {
            "d.json": { a: 1, b: [2] },
            "m.ts":
              "import d from './d.json'; import e, { a } from './d.json' with { type: 'json' }; export const all = [d.b, d === e, a]",
          },
          cell: "import d from '@/d.json' with { type: 'json' }; import { all } from '@/m.ts'; [d, ...all, require('@/d.json') === d]",
          value: "[ { a: 1, b: [ 2 ] }, [ 2 ], true, 1, true ]",
        },
        {
          name: "JSON in a file of another name",
          files: { "x.geojson": { type: "Point" } },
          cell: "import g from '@/x.geojson' with { type: 'json' }; g",
          value: "{ type: 'Point' }",
        },
        {
          name: "a file of types only",
          files: {
            "t.d.ts": "export interface T { n: number }",
            "u.ts": "import { T } from './t'; export const t: T = { n: 1 }",
          },
          cell: "import { t } from '@/u.ts'; t",
          value: "{ n: 1 }",
        },
        {
          name: "CommonJS: module, exports, __dirname, this, circles, dynamic import",
          files: {
            "a.cjs":
              "exports.early = 1; const b = require('./b.cjs'); exports.all = [b.seen, this === exports, __filename.endsWith('a.cjs'), __dirname.length > 0, module.id === __filename, require.resolve('./b.cjs').endsWith('b.cjs')]; exports.esm = () => import('./e.mjs')",
            "b.cjs": "exports.seen = require('./a.cjs').early; exports.none = require('./a.cjs').all",
            "e.mjs": "export const n = 9",
          },
          cell: "import a, { all } from '@/a.cjs'; [...all, (await a.esm()).n]",
          value: "[\n  1,    true, true,\n  true, true, true,\n  9\n]",
        },
        {
          name: "sloppy CommonJS stays sloppy",
          files: { "s.js": "#!/usr/bin/env node\nundeclared = 010; module.exports = undeclared" },
          cell: "require('@/s.js')",
          value: "8",
        },
        {
          name: "require of an ES module, and in one",
          files: {
            "e.ts":
              "export const n = 1; const c = require('./c.cjs'); export const both = [c.n, require.resolve('./c.cjs').endsWith('c.cjs')]",
            "c.cjs": "exports.n = 2",
          },
          cell: "[require('@/e').both, require('@/e').n]",
          value: "[ [ 2, true ], 1 ]",
        },
      ]);
      it("a workspace package that node_modules links to is local", async () => {
        write(kernel.folder, {
          "packages/ws/package.json": { name: "ws-pkg", exports: "./src/index.ts" },
          "packages/ws/src/index.ts": "export * from './more'",
          "packages/ws/src/more.ts": "export const n: number = 42",
        });
        mkdirSync(path.join(kernel.folder, "node_modules"), { recursive: true });
        symlinkSync(
          path.join(kernel.folder, "packages/ws"),
          path.join(kernel.folder, "node_modules/ws-pkg"),
          "junction",
        );
        assert.equal(await kernel.value("import { n } from 'ws-pkg'; n"), "42");
        write(kernel.folder, { "packages/ws/src/more.ts": "export const n: number = 43" });
        assert.equal(await kernel.value("n"), "43");
      });
    });

    describe("packages", () => {
      rows([
        {
          name: "ESM only, CommonJS only",
          files: {
            "node_modules/esm-only/package.json": { name: "esm-only", type: "module", exports: "./i.js" },
            "node_modules/esm-only/i.js": "export const k = 'esm'; export default 1",
            "node_modules/cjs-only/package.json": { name: "cjs-only", main: "lib" },
            "node_modules/cjs-only/lib/index.js": "exports.k = 'cjs'",
          },
          cell: "import d, { k } from 'esm-only'; import c, { k as ck } from 'cjs-only'; [d, k, ck, c.k, require('esm-only').k, require('cjs-only') === c]",
          value: "[ 1, 'esm', 'cjs', 'cjs', 'esm', true ]",
        },
        {
          name: "dual, by conditions; subpaths; JSON of a package",
          files: {
            "node_modules/dual/package.json": DUAL,
            "node_modules/dual/i.mjs": "export const k = 'import'",
            "node_modules/dual/r.cjs": "exports.k = 'require'",
            "node_modules/dual/sub/x.js": "exports.x = 'sub'",
            "node_modules/dual/data.json": { d: 1 },
            "m.ts":
              "import { k } from 'dual'; import data from 'dual/data.json'; export const all = [k, data.d, require('dual').k]",
          },
          cell: "import { k } from 'dual'; import { x } from 'dual/sub/x'; import data from 'dual/data.json'; import { all } from '@/m.ts'; [k, x, data, require('dual').k, require('dual/data.json').d, all]",
          value: "[ 'import', 'sub', { d: 1 }, 'require', 1, [ 'import', 1, 'require' ] ]",
        },
        {
          name: "Node's own, with and without node:",
          cell: "import { sep } from 'path'; import fs, { existsSync } from 'node:fs'; import * as os from 'os'; [sep === require('path').sep, fs.existsSync === existsSync, os.EOL.length > 0, require('node:os').EOL === os.EOL]",
          value: "[ true, true, true, true ]",
        },
        {
          name: "a package in TypeScript, with imports as TypeScript has them",
          files: {
            "node_modules/ts-src/package.json": { name: "ts-src", exports: "./src/index.ts" },
            "node_modules/ts-src/src/index.ts": "export { n } from './n'; export enum E { A = 1 }",
            "node_modules/ts-src/src/n.ts": "export const n: number = 1",
            "node_modules/uses-ts/package.json": { name: "uses-ts", type: "module", main: "i.js" },
            "node_modules/uses-ts/i.js": "export * from './x.ts'",
            "node_modules/uses-ts/x.ts": "export const x: number = 2",
          },
          cell: "import { n, E } from 'ts-src'; import { x } from 'uses-ts'; [n, E.A, x]",
          value: "[ 1, 1, 2 ]",
        },
        {
          name: "#names and the package's own name",
          files: {
            "p/package.json": {
              name: "self-pkg",
              type: "module",
              imports: { "#lib/*": "./lib/*.ts" },
              exports: { "./lib": "./lib/a.ts" },
            },
            "p/lib/a.ts": "export const a = {}",
            "p/m.ts":
              "import { a } from '#lib/a'; import { a as own } from 'self-pkg/lib'; export const same = a === own",
          },
          cell: "import { same } from '@/p/m.ts'; same",
          value: "true",
        },
        {
          name: "gradbook is one, however it is reached",
          files: {
            "node_modules/gradbook/package.json": { name: "gradbook", main: "x.js" },
            "node_modules/gradbook/x.js": "module.exports = { fake: true }",
            "node_modules/on-top/package.json": { name: "on-top", type: "module", exports: "./i.js" },
            "node_modules/on-top/i.js": "export { Tensor } from 'gradbook'",
            "node_modules/on-top-cjs/package.json": { name: "on-top-cjs" },
            "node_modules/on-top-cjs/index.js": "exports.Tensor = require('gradbook').Tensor",
            "g.ts":
              "import { Tensor } from 'gradbook'; export { Tensor }; export const again = require('gradbook').Tensor",
            "g.cjs": "exports.Tensor = require('gradbook').Tensor",
          },
          cell: "import { Tensor } from 'gradbook'; import * as g from '@/g.ts'; import c from '@/g.cjs'; import * as p from 'on-top'; import pc from 'on-top-cjs'; [g.Tensor, g.again, c.Tensor, p.Tensor, pc.Tensor, require('gradbook').Tensor, (await import('gradbook')).Tensor].every((t) => t === Tensor)",
          value: "true",
        },
      ]);
    });
  });
