import assert from "node:assert/strict";
import { TestSession, runAll } from "./languageSession.ts";

describe("a cell", () => {
  describe("refuses, with the user's own line", () => {
    const table: { name: string; cells: string[]; error: RegExp; line: number }[] = [
      {
        name: "assignment to a constant",
        cells: ["const a = 1;\na = 2"],
        error: /^TypeError: Assignment to constant variable\.$/,
        line: 2,
      },
      {
        name: "assignment to a constant of an earlier cell",
        cells: ["const a = 1", "\na++"],
        error: /constant/,
        line: 2,
      },
      { name: "destructuring into a constant", cells: ["const a = 1", "[a] = [2]"], error: /constant/, line: 1 },
      {
        name: "a constant as the head of a loop",
        cells: ["const a = 1", "for (a of [2]) ;"],
        error: /constant/,
        line: 1,
      },
      {
        name: "assignment to an import",
        cells: ["import { sep } from 'node:path';\nsep = 1"],
        error: /constant/,
        line: 2,
      },
      {
        name: "a constant in a function",
        cells: ["const a = 1;\nconst f = () => {\n  a = 2\n}", "f()"],
        error: /constant/,
        line: 3,
      },
      {
        name: "use above the declaration",
        cells: ["1;\na;\nlet a = 1"],
        error: /^ReferenceError: Cannot access 'a' before initialization$/,
        line: 2,
      },
      {
        name: "use above the declaration, held by a closure",
        cells: ["a;\nlet a = 1; () => a"],
        error: /Cannot access 'a'/,
        line: 1,
      },
      { name: "use in its own initialiser", cells: ["const a = a + 1"], error: /Cannot access 'a'/, line: 1 },
      {
        name: "use in its own initialiser, held",
        cells: ["const a = a + 1; () => a"],
        error: /Cannot access 'a'/,
        line: 1,
      },
      { name: "class used above", cells: ["new A();\nclass A {}"], error: /Cannot access 'A'/, line: 1 },
      // These end a line for the language and not in an editor.
      {
        name: "a mistake below unusual ends of lines",
        cells: ["'\u2028' + `\u2029`;\n'a'\u2028;\nconst = 1"],
        error: /^SyntaxError/,
        line: 3,
      },
      {
        name: "a mistake that V8 finds below unusual ends of lines",
        cells: ["'\u2028' + `\u2029`;\nlet a = 1; { let b; let b }"],
        error: /^SyntaxError/,
        line: 2,
      },
      {
        name: "an error below and beside unusual ends of lines",
        cells: ["const text = '\u2028' + `\u2029`;\ntext\u2028;\n[`\u2028`, nope]"],
        error: /nope is not defined/,
        line: 3,
      },
      { name: "unknown name", cells: ["1;\nnope + 1"], error: /^ReferenceError: nope is not defined$/, line: 2 },
      {
        name: "unknown name in a function",
        cells: ["function f() {\n  return nope\n}\nf()"],
        error: /^ReferenceError: nope is not defined$/,
        line: 2,
      },
      {
        name: "assignment to an unknown name in a function",
        cells: ["const f = () => {\n  nope = 1\n}\nf()"],
        error: /^ReferenceError: nope is not defined$/,
        line: 2,
      },
      {
        name: "a name whose declaration was not reached",
        cells: ["try { null.x } catch {}; let ok = 1", "ok; never"],
        error: /never is not defined/,
        line: 1,
      },
      {
        name: "an import that is not there",
        cells: ["import { nothing } from 'node:path';\nnothing"],
        error: /^SyntaxError: "node:path" has no export named "nothing"\. It exports /,
        line: 2,
      },
      {
        name: "calling what is no function, held",
        cells: ["let a = 1;\n() => a;\na()"],
        error: /^TypeError: a is not a function$/,
        line: 3,
      },
      {
        name: "a method that is not there, held",
        cells: ["let a: any = {};\n() => a;\na.b.c()"],
        error: /reading 'c'/,
        line: 3,
      },
      {
        name: "calling a method that is not there, held",
        cells: ["let a: any = {};\n() => a;\na.b()"],
        error: /^TypeError: a\.b is not a function$/,
        line: 3,
      },
      {
        name: "iterating what is not iterable",
        cells: ["let a: any = 5;\nfor (const x of a) ;"],
        error: /^TypeError: a is not iterable$/,
        line: 2,
      },
      {
        name: "iterating undefined",
        cells: ["let a: any;\nfor (const x of a) ;"],
        error: /^TypeError: a is not iterable$/,
        line: 2,
      },
      {
        name: "destructuring null, held",
        cells: ["let a: any = null; () => a;\nconst { b } = a"],
        error: /Cannot destructure property 'b' of 'a' as it is null/,
        line: 2,
      },
      {
        name: "TypeScript's syntax error",
        cells: ["let a = 1\nlet b = = 2"],
        error: /^SyntaxError: Expression expected\.$/,
        line: 2,
      },
      { name: "a bracket that is missing", cells: ["foo(1,\n"], error: /^SyntaxError/, line: 2 },
      {
        name: "JSX",
        cells: ["const a = 1;\nconst b = <div>{a}</div>"],
        error: /^SyntaxError: JSX is not supported/,
        line: 2,
      },
      {
        name: "declared twice in one cell",
        cells: ["let a = 1\nlet a = 2"],
        error: /^SyntaxError: Identifier 'a' has already been declared$/,
        line: 2,
      },
      { name: "let and var of one name", cells: ["let a = 1\n{ var a = 2 }"], error: /already been declared/, line: 2 },
      {
        name: "declared twice in a block",
        cells: ["{\n  let a = 1;\n  let a = 2 }"],
        error: /already been declared/,
        line: 3,
      },
      {
        name: "a decorator of a parameter",
        cells: ["class A {\n  constructor(@inject x: number) {}\n}"],
        error:
          /^SyntaxError: Decorators of parameters are .* Classes, methods, accessors and fields can be decorated\.$/,
        line: 2,
      },
      {
        name: "const without a value",
        cells: ["1;\nconst a"],
        error: /^SyntaxError: Missing initializer in const/,
        line: 2,
      },
      {
        name: "a pattern without a value",
        cells: ["1;\nlet { a }"],
        error: /Missing initializer in destructuring/,
        line: 2,
      },
      {
        name: "a class without a name",
        cells: ["1;\nclass {}"],
        error: /^SyntaxError: .* must have a name\.$/,
        line: 2,
      },
      {
        name: "await in a function that is not async",
        cells: ["function f() {\n  await 1\n}"],
        error: /^SyntaxError: await is only valid in async functions and at the top\.$/,
        line: 2,
      },
      {
        name: "await in a default",
        cells: ["const f = async (\n  x = await 1) => x"],
        error: /await is only valid/,
        line: 2,
      },
      {
        name: "await in a field",
        cells: ["class A {\n  static x = await 1\n}"],
        error: /await is only valid/,
        line: 2,
      },
      {
        name: "assignment to import.meta",
        cells: ["1;\nimport.meta = 1"],
        error: /import\.meta cannot be assigned/,
        line: 2,
      },
      {
        name: "mixed operators",
        cells: ["1;\nawait (1 ?? 2 || 3)"],
        error: /^SyntaxError: Unexpected token '\|\|'$/,
        line: 2,
      },
      {
        name: "a name twice that imports",
        cells: ["import { sep } from 'node:path';\nlet sep"],
        error: /already been/,
        line: 2,
      },
      { name: "an enum and a class of one name", cells: ["enum X {}\nclass X {}"], error: /already been/, line: 2 },
      { name: "with", cells: ["1;\nwith (Math) {}"], error: /^SyntaxError: Strict mode code may not/, line: 2 },
      { name: "yield at the top", cells: ["1;\nyield 1"], error: /^SyntaxError: Unexpected strict mode/, line: 2 },
      { name: "a private name from outside", cells: ["let o: any;\no.#x"], error: /Private field '#x'/, line: 2 },
      { name: "a wrong regular expression", cells: ["1;\n/[/v"], error: /^SyntaxError/, line: 2 },
      { name: "an octal number", cells: ["1;\n010"], error: /Octal literals/, line: 2 },
      { name: "a constant of an inner loop", cells: ["for (const x of [1])\n  x = 2"], error: /constant/, line: 2 },
      { name: "return", cells: ["1\nreturn 2"], error: /'return'/, line: 2 },
      { name: "break without a loop", cells: ["1\nbreak"], error: /^SyntaxError/, line: 2 },
      {
        name: "delete of a name",
        cells: ["let a = 1;\ndelete a"],
        error: /^SyntaxError: Delete of an unqualified identifier/,
        line: 2,
      },
      { name: "await in a plain function", cells: ["function f() {\n  await 1\n}"], error: /^SyntaxError/, line: 2 },
      { name: "unknown label", cells: ["for (;;) {\n  break nowhere\n}"], error: /^SyntaxError/, line: 2 },
    ];
    for (const { name, cells, error, line } of table) {
      it(name, async () => {
        const session = new TestSession();
        for (const cell of cells.slice(0, -1)) await session.run(cell);
        const thrown = await session.error(cells.at(-1)!);
        const places = session.places(thrown);
        assert.equal(places[0]?.line, line);
        thrown.message = thrown.message.trim();
        const again = new TestSession();
        for (const cell of cells.slice(0, -1)) await again.run(cell);
        assert.match(await again.failure(cells.at(-1)!), error);
      });
    }

    it("a message that user code catches speaks of the user's code", async () => {
      const { value } = await runAll([
        "let model: any = {};\n() => model;\nlet said = '';\ntry { model.fit() } catch (error: any) { said = error.message }\nsaid",
      ]);
      assert.equal(value, "model.fit is not a function");
    });

    it("no frame of a trace is ours", async () => {
      const session = new TestSession();
      await session.run("let step: any; step = () => { throw new Error('x') }; const go = () => step()");
      const error = await session.error("for (const x of [1]) go()");
      assert.deepEqual(String(error.stack).match(/at (\S+) \(cell/g), ["at step (cell", "at go (cell"]);
      assert.doesNotMatch(String(error.stack), /\$|box\.ts/);
    });
  });

  describe("that fails or stops keeps what it has done", () => {
    it("each local as it was, old ones too", async () => {
      const session = new TestSession();
      await session.run("let a = 1, b = 2");
      await session.error(
        "a = 10; for (let i = 0; i < 5; i++) { b += i; if (i === 3) throw new Error('stop') } let c = 3",
      );
      assert.deepEqual(session.variables(), { a: 10, b: 8 });
    });
    it("stopped at a poll in the middle of a loop", async () => {
      const session = new TestSession();
      session.chunk = 10;
      session.stopAt = { poll: 3, error: new Error("stopped") };
      await session.error("let n = 0, log = ''; try { while (true) n++ } finally { log = 'tidied' }");
      assert.deepEqual(session.variables(), { n: 30, log: "tidied" });
    });
    it("a name whose declaration was not reached keeps its old value, and a new one does not exist", async () => {
      const session = new TestSession();
      await session.run("let a = 1");
      await session.error("throw new Error('x'); let a = 2, b = 3");
      assert.equal(await session.run("a"), 1);
      assert.equal(await session.failure("b"), "ReferenceError: b is not defined");
    });
  });

  describe("stopped in a loop shows its head", () => {
    for (const loop of [
      "for (let i = 0;\n i < 9e9; i++) {\n  1\n}",
      "for (let i = 0, n = 9e9;\n i++ < n; ) {\n  1\n}",
      "1;\nwhile (true) {\n  1\n}",
      "do {\n 1 } while (true)",
      "1;\nfor (const x of (function* () { for (;;) yield 1 })()) {\n  1\n}",
      "1;\nfor (;;) {\n  1\n}",
    ]) {
      it(JSON.stringify(loop), async () => {
        const session = new TestSession();
        session.runtime.poll = () => {
          throw new Error("stopped");
        };
        session.chunk = 2;
        const error = await session.error(loop);
        assert.equal(session.places(error)[0]?.line, 2);
      });
    }
  });

  describe("polls in every loop", () => {
    const loops = [
      "for (;;) {}",
      "for (let i = 0; ; i++) ;",
      "for (let i = 0; true; ) { const f = () => i }",
      "while (true) ;",
      "do {} while (true)",
      "for (const x of (function* () { for (;;) yield 1 })()) ;",
      "a: for (;;) for (;;) continue a",
      "const f = () => { for (;;) {} }; f()",
      "class A { m() { while (true) {} } }; new A().m()",
      "await (async () => { for (;;) await 0 })()",
      "for await (const x of (async function* () { while (true) yield 1 })()) ;",
      "for (const k in Object.fromEntries(Array.from({ length: 100 }, (_, i) => [i, i]))) ;",
    ];
    for (const loop of loops) {
      it(loop, async () => {
        const session = new TestSession();
        session.stopAt = { poll: 5, error: new Error("stopped") };
        assert.equal((await session.error(loop)).message, "stopped");
      });
    }
    it("but not in a few additions inside one", async () => {
      const short = [
        "for (let i = 0; i < 3; i++) n += i;",
        "for (let i = 0; i <= 2; ++i) for (let j = 1; j < 2; j++) n += i;",
      ];
      const long = [
        "for (let i = 0; i < 99; i++) n += i;",
        "for (let i = 0; i < m; i++) n += i;",
        "for (let i = 0; i < 3; i++) f(i);",
        "for (let i = 0; i < 3; i++) i += f.length;",
        "for (let i = 0; i < 3; i++) while (m) m--;",
      ];
      const polls = async (loop: string) => {
        const session = new TestSession();
        session.chunk = 1;
        await session.run(`let n = 0, m = 3; const f = (x) => x; ${loop}`);
        return session.polls > 0;
      };
      for (const loop of short) assert.equal(await polls(loop), false, loop);
      for (const loop of long) assert.equal(await polls(loop), true, loop);
    });
    it("and is asked once per chunk", async () => {
      const session = new TestSession();
      session.chunk = 10;
      await session.run("let n = 0; for (let i = 0; i < 95; i++) n++");
      assert.equal(session.polls, 9);
      assert.equal(await session.run("n"), 95);
    });
  });

  it("says what it declares and wants", async () => {
    const session = new TestSession();
    await session.run(
      "let a = 1; const b = () => a + c; enum E {} function f() {} import * as p from 'node:path'; class K {} var v",
    );
    assert.deepEqual(
      session
        .last!.declares.map(
          ({ name, kind, live, constant }) => `${constant ? "constant " : ""}${live ? "live " : ""}${kind} ${name}`,
        )
        .sort(),
      [
        "constant const b",
        "constant live import p",
        "let a",
        "live class K",
        "live enum E",
        "live function f",
        "live let a",
        "var v",
      ]
        .filter((text) => text !== "let a")
        .sort(),
    );
    assert.deepEqual(session.last!.wants, ["c"]);
  });
});
