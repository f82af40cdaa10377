/** What a real kernel says when an import fails, and that the next one may succeed. */
import assert from "node:assert/strict";
import { KernelUnderTest } from "./kernelUnderTest.ts";
import { runtimes } from "./runtimes.ts";
import { write, writeRow, type Files } from "./moduleFiles.ts";

for (const { name: node, runtime } of runtimes)
  describe(`modules that fail, ${node}`, function () {
    this.timeout(60_000);
    let kernel: KernelUnderTest;
    before(async () => void (kernel = await KernelUnderTest.started({ runtime })));
    after(() => kernel.stop());

    describe("what is said when it fails", () => {
      const table: { name: string; files?: Files; cell: string; says: RegExp; trace?: RegExp }[] = [
        {
          name: "a missing package",
          cell: "import x from 'no-such-package/sub'",
          says: /^Cannot find package "no-such-package" from .*gradbook-test-\w+\. Run "!npm install no-such-package" in a cell/,
        },
        {
          name: "a missing package, required",
          cell: "require('@scope/none/x')",
          says: /Cannot find package "@scope\/none" .*npm install @scope\/none"/,
        },
        {
          name: "a missing package in a module, with the imports that led there",
          files: { "a.ts": "\nimport './b.ts'", "b.ts": "\n\n  import 'nowhere-at-all'" },
          cell: "1;\nimport '@/a.ts'",
          says: /"nowhere-at-all" from .*b\.ts/,
          trace: /at .*b\.ts:3:10\n.*at .*a\.ts:2:8\n.*at Cell \[\d+\], line 2/,
        },
        {
          name: "Deno's npm:",
          cell: "import x from 'npm:chalk@5'",
          says: /"npm:" is Deno's. Run "!npm install chalk" in a cell and import "chalk"/,
        },
        {
          name: "a module in the network",
          cell: "import x from 'https://esm.sh/chalk'",
          says: /Cannot import "https:\/\/esm\.sh\/chalk" .*not loaded from the network\. Run "!npm install/,
        },
        { name: "a path of tsconfig", cell: "import x from '@/lib/x'", says: /tsconfig\.json are not read/ },
        {
          name: "a missing file, and one whose name is near",
          files: { "model.ts": "" },
          cell: "import '@/modle.ts'",
          says: /Cannot find file "\.\/r\d+\/modle\.ts" from .*Did you mean "\.\/r\d+\/model\.ts"\?/,
        },
        { name: "a missing folder", cell: "import './nowhere/x.ts'", says: /There is no folder .*nowhere/ },
        {
          name: "a name that a module has not, in a module",
          files: { "a.ts": "export const hidden = 1, hiding = 2", "b.ts": "import { hiden } from './a.ts'; hiden" },
          cell: "import '@/b.ts'",
          says: /"\.\/a\.ts" has no export named "hiden"\. Did you mean "hidden"\?/,
          trace: /b\.ts:1:23/,
        },
        {
          name: "a name that a module has not, in a cell",
          files: { "a.ts": "export const hidden = 1" },
          cell: "import { hiden } from '@/a.ts'; hiden",
          says: /a\.ts" has no export named "hiden"\. Did you mean "hidden"\?/,
        },
        {
          name: "a name that a package has not",
          cell: "import { joyn } from 'node:path'; joyn('a')",
          says: /"node:path" has no export named "joyn"\. Did you mean "join"\?/,
        },
        {
          name: "an error while a module runs: its line, and the imports above it",
          files: {
            "a.ts": "import { b } from './b.ts'\nexport const a = b",
            "b.ts": "type X = 1;\n\nfunction boom(): never { throw new RangeError('in b') }\nexport const b = boom()",
          },
          cell: "import { a } from '@/a.ts'; a",
          says: /^in b$/,
          trace:
            /at boom \(.*b\.ts:3:32\)\n.*at .*b\.ts:4:18\n.*at .*a\.ts:1:19\n.*at Cell \[\d+\], line 1\n[\s\S]*b\.ts, line 3:\n[\s\S]*❯ 3 │ function boom/,
        },
        {
          name: "a mistake in a module: its line, and the imports above it",
          files: { "a.ts": "import './b.ts'", "b.ts": "const x = 1;\nconst = 2" },
          cell: "import '@/a.ts'",
          says: /b\.ts:2:7\)$/,
          trace: /at .*b\.ts:2:7\n.*at .*a\.ts:1:8\n.*at Cell[\s\S]*❯ 2 │ const = 2/,
        },
        {
          name: "what only V8 finds",
          files: { "a.ts": "let a = 1;\nlet b = 2; let b = 3" },
          cell: "import '@/a.ts'",
          says: /'?b'? has already been declared \(.*a\.ts:2:16\)/,
        },
        {
          name: "JSON with a mistake",
          files: { "d.json": '{\n "a": 1,\n}' },
          cell: "import '@/d.json'",
          says: /d\.json is not JSON: .*line 3/,
        },
        {
          name: "JSX",
          files: { "v.tsx": "export const v = <b>x</b>" },
          cell: "import '@/v.tsx'",
          says: /JSX is not supported/,
        },
        {
          name: "an ending that nobody knows",
          files: { "a.css": "b {}" },
          cell: "import '@/a.css'",
          says: /Unknown file extension "\.css"/,
        },
        {
          name: "require of what awaits",
          files: { "s.ts": "export const s = await 1" },
          cell: "require('@/s.ts')",
          says: /require cannot wait for .*s\.ts\. Use await import\(\)/,
        },
        {
          name: "assigning an import in a module",
          files: { "a.ts": "export const n = 1", "b.ts": "import { n } from './a.ts'; (n as any) = 2" },
          cell: "import '@/b.ts'",
          says: /read only|only a getter|constant/,
        },
        {
          name: "a native package that does not fit",
          files: {
            "node_modules/native-one/package.json": { name: "native-one" },
            "node_modules/native-one/index.js": "module.exports = require('./build/x.node')",
            "node_modules/native-one/build/x.node": "no library",
          },
          cell: "import 'native-one'",
          says: /gradbook\.runtime \(outside VS Code: GRADBOOK_RUNTIME\)/,
        },
        {
          name: "the same, required",
          files: { "x.node": "no library" },
          cell: "require('@/x.node')",
          says: /gradbook\.runtime/,
        },
      ];
      for (const { name, files = {}, cell, says, trace } of table) {
        it(name, async () => {
          const place = writeRow(kernel.folder, files);
          const isAlias = cell.includes("'@/lib");
          const { reply } = await kernel.run(isAlias ? cell : place(cell));
          assert.ok(reply.status === "error");
          assert.match(reply.evalue, says);
          if (trace) assert.match(reply.traceback.join("\n"), trace);
          assert.doesNotMatch(reply.traceback.join("\n"), /kernel\/session|\[notebook\]/);
        });
      }

      it("a module that failed is read again by the next import", async () => {
        const place = writeRow(kernel.folder, {
          "a.ts": "if (!(globalThis as any).ready) throw new Error('not yet'); export const a = 'ready'",
        });
        const { reply } = await kernel.run(place("import { a } from '@/a.ts'"));
        assert.equal(reply.status, "error");
        await kernel.value("(globalThis as any).ready = 1");
        assert.equal(await kernel.value(place("import { a } from '@/a.ts'; a")), "'ready'");
      });

      for (const [how, cell] of [
        ["import", "import { n } from 'comes-later'; n"],
        ["require", "require('comes-later-too').n"],
        ["a subpath", "import { n } from 'comes-as-well/sub.js'; n"],
      ] as const) {
        it(`a package that was missing is found once it is there: ${how}`, async () => {
          const { reply } = await kernel.run(cell);
          assert.equal(reply.status, "error");
          const name = /comes-[a-z-]+/.exec(cell)![0];
          const text = "exports.n = 7";
          write(kernel.folder, {
            [`node_modules/${name}/package.json`]: { name },
            [`node_modules/${name}/index.js`]: text,
            [`node_modules/${name}/sub.js`]: text,
          });
          assert.equal(await kernel.value(cell), "7");
        });
      }
    });

    describe("interrupt", () => {
      for (const [name, text] of [
        ["a loop at the top of a module", "for (;;) {}"],
        ["an await at the top of a module", "await new Promise(() => {})"],
        ["code at the top of a module that does not answer", "new Function('while (true) {}')()"],
      ] as const) {
        it(`${name}; the module is evaluated again afterwards`, async () => {
          const begin = "console.log('go'); if (!(globalThis as any).goOn)";
          const place = writeRow(kernel.folder, {
            "a.ts": "export * from './m.ts'",
            "m.ts": `${begin} { ${text} }\nexport const m = 1`,
          });
          await kernel.run("(globalThis as any).goOn = false");
          const cell = kernel.start(place("import { m } from '@/a.ts'; m"));
          await cell.printed("go");
          await kernel.client.interrupt();
          const { reply } = await cell.result;
          assert.ok(reply.status === "error");
          assert.equal(reply.ename, "Interrupted");
          await kernel.run("(globalThis as any).goOn = true");
          assert.equal(await kernel.value(place("import { m } from '@/a.ts'; m")), "1");
        });
      }
    });
  });
