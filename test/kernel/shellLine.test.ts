/** What the shell gets of a command with values, and what a command inherits. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { commandLine } from "../../kernel/session/shell/commandLine.ts";
import { commandEnvironment } from "../../kernel/session/shell/environment.ts";

/** The command as a template: line`a ${b}`. */
const posix = (strings: TemplateStringsArray, ...values: unknown[]): string => commandLine(strings, values, "linux");
const windows = (strings: TemplateStringsArray, ...values: unknown[]): string => commandLine(strings, values, "win32");

describe("values in commands", () => {
  const table: [name: string, line: string, wanted: string][] = [
    ["a plain word is as it is", posix`npm i ${"left-pad@1.0.0"}`, "npm i left-pad@1.0.0"],
    ["a number and a flag", posix`x -n ${5} ${true}`, "x -n 5 true"],
    ["spaces and signs are one argument", posix`ls ${"a b; rm -rf $HOME"}`, "ls 'a b; rm -rf $HOME'"],
    ["an empty text is an argument", posix`ls ${""}`, "ls ''"],
    ["an array is several", posix`npm i ${["a", "b c"]} -D`, "npm i a 'b c' -D"],
    ["single quotes in it", posix`echo ${"it's"}`, `echo 'it'\\''s'`],
    [
      "between double quotes it stays between them",
      posix`echo "a ${'b "c" $d'} e" ${"f g"}`,
      `echo "a b \\"c\\" \\$d e" 'f g'`,
    ],
    ["between single quotes likewise", posix`echo 'a ${"it's"}' ${"x y"}`, `echo 'a it'\\''s' 'x y'`],
    ["an escaped quote opens nothing", posix`echo \\" ${"a b"}`, `echo \\" 'a b'`],
    [
      "Windows: double quotes",
      windows`dir ${"C:\\a b"} ${"C:\\c"} "${'d "e"'}" it's ${"f g"}`,
      `dir "C:\\a b" C:\\c "d ""e""" it's "f g"`,
    ],
  ];
  for (const [name, line, wanted] of table) it(name, () => assert.equal(line, wanted));

  for (const value of [undefined, null, {}, () => 1, [{}], Symbol("s")]) {
    it(`${typeof value} ${Array.isArray(value) ? "in an array" : ""} is refused`, () => {
      assert.throws(
        () => posix`echo ${value}`,
        /a value in a command must be a text, a number or an array of these, got/,
      );
    });
  }

  it("a shell gives back every text, alone and between quotes", function () {
    if (process.platform === "win32") return;
    const shell = (line: string): string[] =>
      execFileSync("/bin/sh", ["-c", line], { encoding: "utf8" }).split("\0").slice(0, -1);
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }).filter((s) => !s.includes("\0") && s.isWellFormed()),
        (text) => {
          const line = posix`printf '%s\\0' ${text} "a${text}b" 'c${text}d'`;
          assert.deepEqual(shell(line), [text, `a${text}b`, `c${text}d`]);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("what a command inherits", () => {
  const env = {
    PATH: "/usr/bin",
    HOME: "/home/me",
    ELECTRON_RUN_AS_NODE: "1",
    VSCODE_PID: "1",
    NODE_OPTIONS: "--x",
    npm_command: "exec",
    npm_config_local_prefix: "/x",
    npm_config_registry: "r",
    npm_lifecycle_event: "test",
    npm_config_loglevel: "silent",
    INIT_CWD: "/y",
    GRADBOOK_DATA: "/d",
  };
  it("nothing of VS Code's, Node's options or an npm above", () => {
    const { PATH: _, ...rest } = commandEnvironment(env, {
      folder: "/a/b",
      execPath: "/opt/code/code",
      platform: "linux",
    });
    assert.deepEqual(rest, { HOME: "/home/me", npm_config_registry: "r", GRADBOOK_DATA: "/d" });
  });
  const table: [
    name: string,
    execPath: string,
    platform: NodeJS.Platform,
    folder: string,
    env: NodeJS.ProcessEnv,
    wanted: object,
  ][] = [
    [
      "programs of the notebook's packages come first, and of the folders above",
      "/opt/code/code",
      "linux",
      "/a/b",
      env,
      { PATH: "/a/b/node_modules/.bin:/a/node_modules/.bin:/node_modules/.bin:/usr/bin" },
    ],
    [
      "then the Node that runs the cells, with its npm",
      "/n/bin/node",
      "linux",
      "/a",
      env,
      { PATH: "/a/node_modules/.bin:/node_modules/.bin:/n/bin:/usr/bin" },
    ],
    [
      "Windows has its own spelling",
      "C:\\n\\node.exe",
      "win32",
      "C:\\a",
      { Path: "C:\\w" },
      { Path: "C:\\a\\node_modules\\.bin;C:\\node_modules\\.bin;C:\\n;C:\\w" },
    ],
    ["no PATH at all", "/code", "linux", "/a", {}, { PATH: "/a/node_modules/.bin:/node_modules/.bin" }],
  ];
  for (const [name, execPath, platform, folder, given, wanted] of table) {
    it(name, () => {
      const out = commandEnvironment(given, { folder, execPath, platform });
      assert.deepEqual(Object.fromEntries(Object.entries(out).filter(([key]) => key.toUpperCase() === "PATH")), wanted);
    });
  }
});
