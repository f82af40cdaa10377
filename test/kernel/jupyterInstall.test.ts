/** What `gradbook jupyter install` decides: folders, options, the path of Node, the kernelspec. */
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { prefixDataFolder, searchedFolders, userDataFolder, type Machine } from "../../kernel/jupyter/dataFolders.ts";
import { kernelspec, type KernelspecSources } from "../../kernel/jupyter/kernelspec.ts";
import { parseKernelspecArguments, type KernelspecArguments } from "../../kernel/jupyter/options.ts";
import { isPassing } from "../../kernel/jupyter/package.ts";
import { shellScript } from "../../kernel/jupyter/shellScript.ts";
import { stableRuntime } from "../../kernel/jupyter/stableRuntime.ts";

const machine = (platform: NodeJS.Platform, env: Machine["env"] = {}): Machine => ({
  platform,
  home: platform === "win32" ? "C:\\Users\\Ada" : platform === "darwin" ? "/Users/ada" : "/home/ada",
  env,
});

describe("the folder of Jupyter's data", () => {
  // What jupyter_core 5.9 returns from jupyter_data_dir().
  const rows: [platform: NodeJS.Platform, env: Machine["env"], folder: string][] = [
    ["linux", {}, "/home/ada/.local/share/jupyter"],
    ["linux", { XDG_DATA_HOME: "/data" }, "/data/jupyter"],
    ["linux", { XDG_DATA_HOME: "" }, "/home/ada/.local/share/jupyter"],
    ["linux", { JUPYTER_DATA_DIR: "/j", XDG_DATA_HOME: "/data" }, "/j"],
    ["linux", { JUPYTER_PLATFORM_DIRS: "1" }, "/home/ada/.local/share/jupyter"],
    ["freebsd", {}, "/home/ada/.local/share/jupyter"],
    ["darwin", {}, "/Users/ada/Library/Jupyter"],
    ["darwin", { XDG_DATA_HOME: "/data" }, "/Users/ada/Library/Jupyter"],
    ["darwin", { JUPYTER_PLATFORM_DIRS: "1" }, "/Users/ada/Library/Application Support/Jupyter"],
    ["darwin", { JUPYTER_PLATFORM_DIRS: "0" }, "/Users/ada/Library/Jupyter"],
    ["win32", { APPDATA: "C:\\Users\\Ada\\AppData\\Roaming" }, "C:\\Users\\Ada\\AppData\\Roaming\\jupyter"],
    ["win32", {}, "C:\\Users\\Ada\\.jupyter\\data"],
    ["win32", { JUPYTER_CONFIG_DIR: "D:\\c" }, "D:\\c\\data"],
    ["win32", { JUPYTER_PLATFORM_DIRS: "yes", LOCALAPPDATA: "D:\\l" }, "D:\\l\\Jupyter"],
  ];
  for (const [platform, env, folder] of rows) {
    it(`${platform} with ${JSON.stringify(env)}: ${folder}`, () =>
      assert.equal(userDataFolder(machine(platform, env)), folder));
  }

  it("below a prefix", () => {
    assert.equal(prefixDataFolder("/opt/conda", machine("linux")), "/opt/conda/share/jupyter");
    assert.equal(prefixDataFolder("C:\\venv", machine("win32")), "C:\\venv\\share\\jupyter");
  });

  it("front ends look in JUPYTER_PATH, in the active environment, in the user's folder, in the system's", () => {
    assert.deepEqual(
      searchedFolders(machine("linux", { JUPYTER_PATH: "/a:/b", VIRTUAL_ENV: "/v", CONDA_PREFIX: "/c" })),
      [
        "/a",
        "/b",
        "/v/share/jupyter",
        "/home/ada/.local/share/jupyter",
        "/usr/local/share/jupyter",
        "/usr/share/jupyter",
      ],
    );
    const windows = { APPDATA: "D:\\r", PROGRAMDATA: "D:\\p", CONDA_PREFIX: "D:\\c" };
    assert.deepEqual(searchedFolders(machine("win32", windows)), ["D:\\c\\share\\jupyter", "D:\\r\\jupyter"]);
    assert.equal(
      searchedFolders(machine("win32", { ...windows, JUPYTER_USE_PROGRAMDATA: "1" })).at(-1),
      "D:\\p\\jupyter",
    );
  });
});

describe("options of gradbook jupyter install", () => {
  const rows: [argv: string[], meaning: KernelspecArguments | "help"][] = [
    [[], { place: { kind: "user" }, name: "gradbook" }],
    [["--user"], { place: { kind: "user" }, name: "gradbook" }],
    [["--sys-prefix"], { place: { kind: "sys-prefix" }, name: "gradbook" }],
    [["--prefix", "/a b/ü"], { place: { kind: "prefix", prefix: "/a b/ü" }, name: "gradbook" }],
    [["--prefix=/a=b", "--name=lab-2.0"], { place: { kind: "prefix", prefix: "/a=b" }, name: "lab-2.0" }],
    [["--help"], "help"],
    [["--user", "-h"], "help"],
  ];
  for (const [argv, meaning] of rows) {
    it(`${argv.join(" ") || "none"}: ${JSON.stringify(meaning)}`, () =>
      assert.deepEqual(parseKernelspecArguments(argv), meaning));
  }
  const refused: [argv: string[], message: RegExp][] = [
    [["--usr"], /^unknown option "--usr"\. Options: --prefix, --name, --user, --sys-prefix, --help\.$/],
    [["here"], /^takes options only, got "here"\.$/],
    [["--user", "--prefix", "/p"], /^--user and --prefix exclude each other/],
    [["--prefix"], /^--prefix needs a value/],
    [["--prefix", "/a", "--prefix", "/b"], /^--prefix is given 2 times/],
    [["--user=yes"], /^--user takes no value, got "yes"/],
    [["--name", "My Kernel"], /^--name must consist of lower-case letters, .* got "My Kernel"\.$/],
    [["--name", "Gradbook"], /lower-case/],
    [["--name", ".."], /not begin with "\."/],
    [["--name", "a/b"], /must consist/],
  ];
  for (const [argv, message] of refused) {
    it(`${argv.join(" ")} is refused`, () =>
      assert.throws(() => parseKernelspecArguments(argv), { name: "UsageError", message }));
  }
});

describe("the kernelspec", () => {
  const sources = (changes: Partial<KernelspecSources> = {}): KernelspecSources => ({
    package: { root: "/g", version: "1.2.3", cli: "/g/dist/kernel/cli.js" },
    copy: false,
    runtime: "/usr/bin/node",
    flags: ["--a"],
    platform: "linux",
    curve: true,
    startPath: "/g/dist/kernel/jupyter/start.js",
    logos: { "logo-32x32.png": "", "logo-64x64.png": "", "logo-svg.svg": "" },
    ...changes,
  });

  it("starts a script by absolute paths, a list that needs no quotes, and asks for interrupts by message", () => {
    assert.deepEqual(kernelspec("/k/my ü", "gradbook", sources()), {
      argv: ["/bin/sh", "/k/my ü/start.sh", "{connection_file}"],
      display_name: "Gradbook (TypeScript)",
      language: "typescript",
      interrupt_mode: "message",
      env: { NODE_OPTIONS: "" },
      metadata: {
        debugger: true,
        supported_encryption: ["curve"],
        gradbook: { version: "1.2.3", cli: "/g/dist/kernel/cli.js", node: "/usr/bin/node" },
      },
    });
  });
  it("on Windows it starts Node itself", () => {
    const windows = { platform: "win32", runtime: "C:\\Program Files\\nodejs\\node.exe" } as const;
    assert.deepEqual(kernelspec("C:\\k\\gradbook", "gradbook", sources(windows)).argv, [
      "C:\\Program Files\\nodejs\\node.exe",
      "--a",
      "C:\\k\\gradbook\\start.mjs",
      "{connection_file}",
    ]);
  });
  it("promises no encryption that zeromq was built without", () =>
    assert.equal(kernelspec("/k", "gradbook", sources({ curve: false })).metadata.supported_encryption, undefined));
  it("with a copy of the package it names what lies in its own folder", () =>
    assert.equal(
      kernelspec("/k", "gradbook", sources({ copy: true })).metadata.gradbook?.cli,
      "package/dist/kernel/cli.js",
    ));
  it("another name is seen in what front ends show", () =>
    assert.equal(kernelspec("/k", "lab", sources()).display_name, "Gradbook (TypeScript, lab)"));

  const passing: [root: string, passes: boolean][] = [
    ["/home/ada/.npm/_npx/1a2b/node_modules/gradbook", true],
    ["C:\\Users\\Ada\\AppData\\Local\\npm-cache\\_npx\\1a2b\\node_modules\\gradbook", true],
    ["/home/ada/.cache/pnpm/dlx/1a2b/node_modules/gradbook", true],
    ["/tmp/xfs-1a2b/dlx-3/node_modules/gradbook", true],
    ["/tmp/bunx-0-gradbook@latest/node_modules/gradbook", true],
    ["/usr/local/lib/node_modules/gradbook", false],
    ["/home/ada/labs/node_modules/gradbook", false],
    ["/home/ada/dlx", false],
  ];
  for (const [root, passes] of passing) {
    it(`${root} ${passes ? "will go some day" : "stays"}`, () => assert.equal(isPassing(root), passes));
  }

  it("its script keeps any path whole", () => {
    const script = shellScript("/a b/it's/$HOME/`x`/node", ["--flag"], "start.mjs");
    assert.ok(script.includes(`node='/a b/it'\\''s/$HOME/\`x\`/node'\n`), script);
    assert.ok(script.endsWith(`exec "$node" '--flag' "$here"/'start.mjs' "$@"\n`), script);
  });
  const siblings: [runtime: string, pattern: string][] = [
    ["/home/ada/.nvm/versions/node/v24.1.0/bin/node", "'/home/ada/.nvm/versions/node/'*'/bin/node' /opt"],
    ["/opt/node-v22.15.0-linux-x64/bin/node", "'/opt/'*'/bin/node' /opt"],
    ["/usr/bin/node", '"$(command -v node)" /opt'],
  ];
  for (const [runtime, pattern] of siblings) {
    it(`when ${runtime} is gone, other versions beside it are looked at`, () => {
      const script = shellScript(runtime, [], "start.mjs");
      assert.ok(script.includes(pattern), script);
    });
  }
});

describe("the path of Node that a kernelspec names", () => {
  let root: string;
  const at = (name: string): string => path.join(root, name);
  /** A program, and links to it. */
  const make = (file: string, ...links: string[]): void => {
    for (const each of [file, ...links]) mkdirSync(path.dirname(at(each)), { recursive: true });
    writeFileSync(at(file), "");
    chmodSync(at(file), 0o755);
    for (const link of links) symlinkSync(at(file), at(link));
  };
  beforeEach(() => (root = realpathSync(mkdtempSync(path.join(tmpdir(), "gradbook-")))));
  afterEach(() => rmSync(root, { recursive: true }));
  const chosen = (execPath: string, ...folders: string[]): string =>
    path.relative(
      root,
      stableRuntime(at(execPath), {
        platform: "linux",
        home: at("home"),
        env: { PATH: folders.map(at).join(":") },
      }),
    );

  it("is the link to the current version, not the version's own folder", () => {
    make("Cellar/node/24.1.0/bin/node", "opt/bin/node");
    assert.equal(chosen("Cellar/node/24.1.0/bin/node", "Cellar/node/24.1.0/bin", "opt/bin"), "opt/bin/node");
  });
  it("is no link to another Node", () => {
    make("versions/node/v24.1.0/bin/node");
    make("usr/bin/node");
    assert.equal(chosen("versions/node/v24.1.0/bin/node", "usr/bin"), "versions/node/v24.1.0/bin/node");
  });
  it("is none that lives as long as a shell or a script of npm", () => {
    make("versions/v24.1.0/node", "fnm_multishells/12_34/bin/node", "node_modules/.bin/node", "fnm/aliases/bin/node");
    const folders = ["fnm_multishells/12_34/bin", "node_modules/.bin", "fnm/aliases/bin"];
    assert.equal(chosen("versions/v24.1.0/node", ...folders), "fnm/aliases/bin/node");
  });
  it("is the link that a version manager keeps, also when that is not on the path", () => {
    make("home/.nvm/versions/node/v24.1.0/bin/node", "home/.nvm/current/bin/node");
    assert.equal(chosen("home/.nvm/versions/node/v24.1.0/bin/node"), "home/.nvm/current/bin/node");
  });
  it("is the one that runs, when that stays where it is", () => {
    make("usr/bin/node", "usr/local/bin/node");
    assert.equal(chosen("usr/bin/node", "usr/local/bin"), "usr/bin/node");
  });
});
