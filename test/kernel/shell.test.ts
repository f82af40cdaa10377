/** Which lines of a cell are commands for the shell, and what the shell gets. */
import assert from "node:assert/strict";
import { isComplete } from "../../kernel/language/isComplete.ts";
import { blankCommands, findCommands, magicMessage, replaceCommands } from "../../kernel/language/shell.ts";
import { CellSyntaxError, transformCell } from "../../kernel/language/transform.ts";

const session = new Set(["done", "start", "pkg", "model", "console", "process"]);
const isKnown = (name: string): boolean => session.has(name);

/** Each command as the shell gets it, with expressions in «». */
function commands(text: string): string[] {
  return findCommands(text, isKnown).map(({ parts }) =>
    parts.map((part) => (typeof part === "string" ? part : `«${part.text}»`)).join(""),
  );
}

describe("commands of a cell", () => {
  const table: { name: string; cell: string; commands: string[] }[] = [
    { name: "a line of its own", cell: "!npm install x", commands: ["npm install x"] },
    { name: "between statements", cell: "const a = 1\n!ls -l\na", commands: ["ls -l"] },
    { name: "several", cell: "!mkdir a\n!ls\nconst b = 1;\n  !pwd", commands: ["mkdir a", "ls", "pwd"] },
    { name: "after a statement without a semicolon", cell: "const a = b\n!git status", commands: ["git status"] },
    { name: "a backslash goes on", cell: "!npm install \\\n  x y\n1", commands: ["npm install   x y"] },
    { name: "Windows line ends", cell: "!ls\r\n!npm i \\\r\n x\r\n1", commands: ["ls", "npm i  x"] },
    { name: "a space after the mark", cell: "! npm ls", commands: [" npm ls"] },
    { name: "a mark alone is no command", cell: "!\n1", commands: [] },
    { name: "in a block", cell: "if (done) {\n  !npm test\n}", commands: ["npm test"] },
    { name: "after if and else", cell: "if (done)\n  !a b\nelse\n  !c d", commands: ["a b", "c d"] },
    { name: "in a template it is text", cell: "const t = `\n!npm install x\n`", commands: [] },
    { name: "in a template's expression it is code", cell: "const t = `${\n!done\n}`", commands: [] },
    { name: "in a comment it is a comment", cell: "/*\n!npm install x\n*/\n// y\n", commands: [] },
    { name: "after a template and a comment", cell: "`\n!a\n`; /*\n!b\n*/\n!c d", commands: ["c d"] },
    {
      name: "the middle of an expression",
      cell: "const ok =\n  !unknown &&\n  !another ||\n  !third\n!ls",
      commands: ["ls"],
    },
    { name: "arguments and elements", cell: "f(\n!a,\n!b);\n[\n!c\n];\n({ d:\n!e })", commands: [] },
    { name: "unequal on the next line", cell: "a\n!== b\n  != c", commands: [] },
    { name: "in a class it is a mistake of the class", cell: "class A {\n!ls\n}", commands: [] },
    { name: "an arrow's value", cell: "const f = () =>\n!ls", commands: [] },
    { name: "a known name makes it TypeScript", cell: "!done && start()", commands: [] },
    {
      name: "known in parentheses, twice, by member",
      cell: "!!done\n!(done || x)\n!model.ready && start()",
      commands: [],
    },
    {
      name: "known in this cell, in whatever scope",
      cell: "const ready = 1\n!ready\nfunction f(git: any) {\n!git\n}",
      commands: [],
    },
    {
      name: "known by an import of this cell",
      cell: 'import git from "git"\n!git && start()\n!git status',
      commands: ["git status"],
    },
    { name: "a known name and no TypeScript", cell: "!start the engine", commands: ["start the engine"] },
    { name: "TypeScript over several lines", cell: "!done &&\n  !model.ready &&\n  start()", commands: [] },
    { name: "TypeScript not written to its end", cell: "!done && (", commands: [] },
    { name: "an unknown name alone", cell: "!ls", commands: ["ls"] },
    { name: "unknown and TypeScript by its looks", cell: "!make && make(1)", commands: ["make && make(1)"] },
    {
      name: "operators and literals",
      cell: "!await start()\n!new Date()\n!typeof x\n!0\n!(() => 1)()\n!this",
      commands: [],
    },
    {
      name: "paths and quoted paths",
      cell: '!./run.sh\n!/bin/ls\n!"/a b/c"\n!~/x -y',
      commands: ["./run.sh", "/bin/ls", '"/a b/c"', "~/x -y"],
    },
    { name: "a regular expression with a member", cell: "!/a/.test(done)", commands: [] },
    {
      name: "an expression in braces",
      cell: "!npm install {pkg}@{model.version} -D",
      commands: ["npm install «pkg»@«model.version» -D"],
    },
    {
      name: "an expression as in a template",
      cell: "!echo ${pkg} ${HOME} {process.cwd()}",
      commands: ["echo «pkg» ${HOME} «process.cwd()»"],
    },
    {
      name: "an expression that holds braces",
      cell: "!echo {start({ a: { b: 1 } })}",
      commands: ["echo «start({ a: { b: 1 } })»"],
    },
    { name: "an expression at the start", cell: "!{pkg} --version\n!{pkg}", commands: ["«pkg» --version", "«pkg»"] },
    {
      name: "braces of the shell stay",
      cell: "!echo {done,start} {1..5} {print} '{\"a\": 1}' @{0} {} \\{pkg} \\${pkg} {{pkg}} { $x",
      commands: ["echo {done,start} {1..5} {print} '{\"a\": 1}' @{0} {} \\{pkg} \\${pkg} {{pkg}} { $x"],
    },
  ];
  for (const { name, cell, commands: wanted } of table) {
    it(name, () => assert.deepEqual(commands(cell), wanted));
  }

  it("a function that is not async cannot wait for one", () => {
    const found = findCommands(
      "function f() {\n!a b\n}\nasync () => {\n!c d\n}\nclass X { static {\n!e f\n} }\n!g h",
      isKnown,
    );
    assert.deepEqual(
      found.map(({ inSyncFunction }) => inSyncFunction),
      [true, false, true, false],
    );
  });

  it("blanked text has every other character, and the expressions, where they were", () => {
    const cell = "const a = 1;\n!npm i {pkg} \\\n  ${a}\na";
    assert.equal(blankCommands(cell, findCommands(cell, isKnown)), "const a = 1;\n;      ;pkg;  \n   ;a;\na");
  });

  it("replaced text has as many lines", () => {
    const cell = "!a \\\n b\nx";
    assert.equal(
      replaceCommands(cell, findCommands(cell, isKnown), () => "y"),
      "y\n\nx",
    );
  });

  it("many marks in a template are read once", () => {
    const cell = `const t = \`\n${"!npm install x\n".repeat(5000)}\`;\n!ls`;
    assert.deepEqual(commands(cell), ["ls"]);
  });
});

describe("commands and what asks for them", () => {
  const names = new Map([["done", { live: false, constant: false }]]);
  const failure = (cell: string): CellSyntaxError => {
    try {
      transformCell(cell, { names, filename: "cell" });
    } catch (error) {
      if (error instanceof CellSyntaxError) return error;
      throw error;
    }
    throw new Error(`no error: ${cell}`);
  };

  it("a cell with a command is transformed; names of the session and globals make TypeScript of it", () => {
    const { code } = transformCell("!npm install {process.pid}\n!done && 1", { names, filename: "cell" });
    assert.match(code, /command\(\["npm install ", ""\], process\.pid\)/);
    assert.match(code, /!.*done.* && 1/);
  });

  it("a mistake below a command is where the user wrote it", () => {
    const { line, column } = failure("!npm \\\n install x\nconst = 1");
    assert.deepEqual([line, column], [3, 7]);
  });

  it("a command in a function that is not async says so at its place", () => {
    const error = failure("const a = 1;\nfunction f() {\n  !npm install x\n}");
    assert.match(error.message, /make the function async/);
    assert.deepEqual([error.line, error.column], [3, 3]);
  });

  const magics: [line: string, says: RegExp][] = [
    ["%pip install x", /%pip is a command of IPython.*!npm install x$/],
    ["%%time\nstart()", /console\.time/],
    ["const a = 1\n%timeit f()", /console\.time/],
    ["%%bash\nls", /with !/],
    ["%load_ext autoreload", /reloaded by themselves/],
    ["%anything else", /goes to the shell/],
  ];
  for (const [cell, says] of magics) {
    it(`IPython's ${cell.split("\n").find((line) => line.startsWith("%"))}`, () => {
      assert.match(failure(cell).message, says);
    });
  }
  it("a remainder is none", () => assert.equal(magicMessage("a % b"), undefined));

  const complete: [cell: string, status: string][] = [
    ["!npm install x", "complete"],
    ["!npm install \\", "incomplete"],
    ["if (a) {\n  !npm i x", "incomplete"],
    ["!npm install x\nfor (", "incomplete"],
    ["!npm install x\nconst = 1", "invalid"],
  ];
  for (const [cell, status] of complete) {
    it(`isComplete of ${JSON.stringify(cell)}: ${status}`, () => assert.equal(isComplete(cell).status, status));
  }
});
