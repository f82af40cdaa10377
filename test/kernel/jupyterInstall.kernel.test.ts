/** `gradbook jupyter install`, `uninstall` and `doctor` as a user starts them, and what a front end starts afterwards. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
} from "node:fs";
import { symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { readKernelspec, type Kernelspec } from "../../kernel/jupyter/kernelspec.ts";
import { shellScript } from "../../kernel/jupyter/shellScript.ts";
import { tryKernelspec } from "../../kernel/jupyter/tryKernelspec.ts";
import { runtimes } from "./runtimes.ts";

const root = path.resolve(import.meta.dirname, "../..");
const cli = path.join(root, "kernel/cli.ts");

describe("gradbook jupyter install", function () {
  this.timeout(60_000);
  let folder: string;
  const at = (...names: string[]): string => path.join(folder, ...names);
  beforeEach(() => (folder = realpathSync(mkdtempSync(path.join(tmpdir(), "grad book ü-")))));
  afterEach(() => rmSync(folder, { recursive: true, maxRetries: 5 }));

  /** The command, in an environment in which nothing of Jupyter is there but what `env` says. */
  const gradbook = (args: string[], env: NodeJS.ProcessEnv = {}) => {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(JUPYTER|VIRTUAL_ENV|CONDA|XDG|NODE_OPTIONS|GRADBOOK)/.test(name),
    );
    return spawnSync(process.execPath, [cli, "jupyter", ...args], {
      cwd: folder,
      encoding: "utf8",
      env: { ...Object.fromEntries(inherited), HOME: at("home"), PATH: at("bin"), ...env },
    });
  };
  const spec = async (...data: string[]): Promise<Kernelspec> => {
    const found = await readKernelspec(at(...data));
    assert.ok(found !== undefined && found !== "unreadable");
    return found;
  };
  const program = (name: string, text: string): void => {
    mkdirSync(path.dirname(at(name)), { recursive: true });
    writeFileSync(at(name), text);
    chmodSync(at(name), 0o755);
  };
  const KERNEL = ["share", "jupyter", "kernels", "gradbook"];

  it("writes the kernelspec with its three pictures, below a folder with spaces and ü", async () => {
    const { status, stdout, stderr } = gradbook(["install", "--prefix", "my lab"]);
    assert.deepEqual([status, stderr], [0, ""]);
    const target = at("my lab", ...KERNEL);
    assert.ok(stdout.startsWith(`Installed the kernel "gradbook" in ${target}\nIt runs gradbook `), stdout);
    assert.deepEqual(readdirSync(target).sort(), [
      "kernel.json",
      "logo-32x32.png",
      "logo-64x64.png",
      "logo-svg.svg",
      "start.mts",
      "start.sh",
    ]);
    for (const size of [32, 64]) {
      const png = readFileSync(path.join(target, `logo-${size}x${size}.png`));
      // Width and height in the first chunk of a PNG.
      assert.deepEqual([png.readUInt32BE(16), png.readUInt32BE(20)], [size, size]);
    }
    assert.match(readFileSync(path.join(target, "logo-svg.svg"), "utf8"), /^<svg /);
    assert.deepEqual((await spec("my lab", ...KERNEL)).argv, [
      "/bin/sh",
      path.join(target, "start.sh"),
      "{connection_file}",
    ]);
  });

  for (const { name, runtime } of runtimes) {
    it(`what it wrote starts the kernel by ${name}, over loopback`, async () => {
      assert.equal(gradbook(["install", "--prefix", "p"], { GRADBOOK_RUNTIME: runtime }).status, 0);
      const machine = { platform: process.platform, home: folder, env: process.env };
      const { ok, found } = await tryKernelspec(at("p", ...KERNEL), await spec("p", ...KERNEL), machine);
      assert.match(found, /^gradbook .*, protocol 5\.\d, answered \d+ ms after its start$/);
      assert.ok(ok);
    });
  }

  it("replaces its own, and takes away what an earlier version has left", async () => {
    assert.equal(gradbook(["install"]).status, 0);
    const target = at("home/.local/share/jupyter/kernels/gradbook");
    mkdirSync(path.join(target, "package"));
    writeFileSync(path.join(target, "package/old.js"), "");
    writeFileSync(path.join(target, "start.sh"), "old");
    const { stdout } = gradbook(["install", "--user"]);
    assert.ok(stdout.startsWith(`Replaced the kernel "gradbook" in ${target}\n`), stdout);
    assert.ok(!existsSync(path.join(target, "package")));
    assert.match(readFileSync(path.join(target, "start.sh"), "utf8"), /^#!\/bin\/sh/);
  });

  const others: [claim: string, text: string, message: RegExp][] = [
    ["another program", '{"argv": ["x"], "display_name": "Theirs"}', /is the kernel of another program \(Theirs\)/],
    ["nobody knows whom, being damaged", "{", /holds a kernel\.json that cannot be read/],
  ];
  for (const [claim, text, message] of others) {
    it(`leaves alone what belongs to ${claim}`, () => {
      mkdirSync(at("p", ...KERNEL), { recursive: true });
      writeFileSync(at("p", ...KERNEL, "kernel.json"), text);
      for (const command of ["install", "uninstall"]) {
        const { status, stderr } = gradbook([command, "--prefix", "p"]);
        assert.equal(status, 1);
        assert.match(stderr, message);
        assert.match(stderr, /choose another --name/);
      }
      assert.deepEqual(readdirSync(at("p", ...KERNEL)), ["kernel.json"]);
      assert.equal(readFileSync(at("p", ...KERNEL, "kernel.json"), "utf8"), text);
    });
  }

  it("says what to do where nothing may be written", () => {
    writeFileSync(at("file"), "");
    const { status, stderr } = gradbook(["install", "--prefix", "file"]);
    assert.equal(status, 1);
    assert.match(stderr, /^gradbook jupyter install: .*file.* cannot be written \(ENOTDIR\)\. Install with --user/);
    const user = gradbook(["install"], { JUPYTER_DATA_DIR: at("file") });
    assert.match(user.stderr, /Make that folder yours and writable, or name another one with --prefix/);
  });

  it("refuses what it does not know, with exit code 2", () => {
    const { status, stderr } = gradbook(["install", "--prefx=p"]);
    assert.equal(status, 2);
    assert.match(stderr, /unknown option "--prefx".*\n"gradbook jupyter install --help" shows how it is used/);
    assert.match(
      gradbook(["instal"]).stderr,
      /unknown command "instal"\. Commands: install, uninstall, doctor, papermill, kernel\./,
    );
    assert.match(gradbook(["install", "--help"]).stdout, /--sys-prefix +below the Python environment/);
  });

  describe("--sys-prefix", () => {
    const python = (prefix: string): string => `#!/bin/sh\necho "${at(prefix)}"\n`;
    const installs = (prefix: string, env: NodeJS.ProcessEnv = {}): void => {
      const { status, stderr } = gradbook(["install", "--sys-prefix"], env);
      assert.deepEqual([status, stderr], [0, ""]);
      assert.ok(existsSync(at(prefix, ...KERNEL, "kernel.json")));
    };
    it("is the active environment", () => {
      program("bin/python3", python("wrong"));
      installs("venv", { VIRTUAL_ENV: at("venv"), CONDA_PREFIX: at("conda") });
      installs("conda", { CONDA_PREFIX: at("conda") });
    });
    it("is else that of the jupyter command, also where that is a link into its environment", () => {
      program("pipx/bin/python3", python("pipx"));
      program("pipx/bin/jupyter", "#!/bin/sh\n");
      program("bin/python3", python("wrong"));
      symlinkSync(at("pipx/bin/jupyter"), at("bin/jupyter"));
      installs("pipx");
    });
    it("is else that of python3", () => {
      program("bin/python3", python("usr"));
      installs("usr");
    });
    it("is an error that says what to do where there is no Python", () => {
      const { status, stderr } = gradbook(["install", "--sys-prefix"]);
      assert.equal(status, 1);
      assert.match(
        stderr,
        /finds no Python environment: .*Activate the environment first, .*--prefix, or .*--user\.\n$/,
      );
    });
  });

  it("uninstall removes what was installed, and says where else there is one", () => {
    const data = "home/.local/share/jupyter/kernels";
    for (const args of [["--user"], ["--name", "lab"]]) assert.equal(gradbook(["install", ...args]).status, 0);
    const { status, stdout } = gradbook(["uninstall"]);
    assert.deepEqual([status, stdout], [0, `Removed ${at(data, "gradbook")}\n`]);
    assert.deepEqual(readdirSync(at(data)), ["lab"]);
    const again = gradbook(["uninstall"]);
    assert.equal(again.status, 1);
    assert.match(again.stderr, /has no kernel "gradbook"\. There is:\n {2}.*lab: uninstall --user --name lab\n$/);
  });

  describe("when something is gone", () => {
    /** Runs what a front end would start, with a `gradbook` that only says that it was started. */
    const start = (argv: string[], env: NodeJS.ProcessEnv = {}) => {
      const [command = "", ...rest] = argv.map((each) => each.replace("{connection_file}", "the file"));
      const PATH = [at("bin"), "/bin"].join(":");
      return spawnSync(command, rest, { cwd: at("work"), encoding: "utf8", env: { HOME: at("home"), PATH, ...env } });
    };
    const fake = (modules: string): void =>
      program(path.join(modules, "gradbook/dist/kernel/cli.js"), `console.log(process.argv.slice(1).join("|"))`);
    beforeEach(() => {
      for (const name of ["work", "bin"]) mkdirSync(at(name));
      writeFileSync(at("package.json"), '{"type": "module"}');
      mkdirSync(at("node/bin"), { recursive: true });
      symlinkSync(process.execPath, at("node/bin/node"));
      assert.equal(gradbook(["install", "--prefix", "p"], { GRADBOOK_RUNTIME: at("node/bin/node") }).status, 0);
    });
    const without = async (): Promise<string[]> => {
      const { argv, ...rest } = await spec("p", ...KERNEL);
      rest.metadata.gradbook!.cli = at("gone/cli.js");
      writeFileSync(at("p", ...KERNEL, "kernel.json"), JSON.stringify({ argv, ...rest }));
      return argv;
    };

    const places: [claim: string, modules: string, env: () => NodeJS.ProcessEnv][] = [
      ["the notebook's own", "work/node_modules", () => ({})],
      ["npm's global one of this Node", "node/lib/node_modules", () => ({ PATH: `${at("node/bin")}:/bin` })],
      ["npm's global one by its setting", "global/lib/node_modules", () => ({ NPM_CONFIG_PREFIX: at("global") })],
      ["what npx has fetched", "cache/_npx/1a2b/node_modules", () => ({ npm_config_cache: at("cache") })],
    ];
    for (const [claim, modules, env] of places) {
      it(`the package: it starts ${claim}, and says so`, async () => {
        const argv = await without();
        fake(modules);
        const { status, stdout, stderr } = start(argv, env());
        assert.equal(status, 0, stderr);
        const started = at(modules, "gradbook/dist/kernel/cli.js");
        assert.equal(stdout, `${started}|jupyter|kernel|the file\n`);
        assert.ok(stderr.includes(`gone/cli.js is gone; starting ${started}. To keep to that one`), stderr);
      });
    }
    it("the package, and there is no other: the log says what to do", async () => {
      const { status, stderr } = start(await without(), { npm_config_cache: at("cache") });
      assert.equal(status, 1);
      assert.match(stderr, /^gradbook: the kernel is gone: .*cli\.js\. Install it again, .*"npm install -g gradbook"/);
    });

    const moved = (from: string, to?: string): void => {
      rmSync(at(from));
      if (to === undefined) return;
      mkdirSync(path.dirname(at(to)), { recursive: true });
      symlinkSync(process.execPath, at(to));
    };
    it("Node: it starts by the one on the path, and says so", async () => {
      const argv = await without();
      fake("work/node_modules");
      moved("node/bin/node", "bin/node");
      const { status, stderr } = start(argv);
      assert.equal(status, 0, stderr);
      assert.ok(stderr.startsWith(`gradbook: ${at("node/bin/node")} is gone; using ${at("bin/node")}. `), stderr);
    });
    it("Node of a version manager: it starts by another version, not by one that is too old", async () => {
      for (const version of ["v18.1.0", "v24.3.0"]) mkdirSync(at("versions", version), { recursive: true });
      program("versions/v18.1.0/node", "#!/bin/sh\nexit 1\n");
      symlinkSync(process.execPath, at("versions/v24.3.0/node"));
      writeFileSync(at("start.sh"), shellScript(at("versions/v23.2.0/node"), [], "x.mjs"));
      writeFileSync(at("x.mjs"), "console.log(process.argv[2])");
      const { stdout, stderr } = start(["/bin/sh", at("start.sh"), "{connection_file}"]);
      assert.equal(stdout, "the file\n", stderr);
      assert.match(stderr, /v23\.2\.0\/node is gone; using .*v24\.3\.0\/node\./);
    });
    it("every Node: the log says what to do", () => {
      const script = shellScript(at("node/gone"), [], "x.mjs").replace(
        /(\/opt\/homebrew|\/usr\/local|\/usr)\/bin\/node/g,
        "/none",
      );
      writeFileSync(at("start.sh"), script);
      const { status, stderr } = start(["/bin/sh", at("start.sh"), "{connection_file}"]);
      assert.equal(status, 1);
      assert.match(
        stderr,
        /^gradbook: the Node that ran the kernel is gone \(.*\), and no Node 22\.15 or later is on the path/,
      );
    });
    it("GRADBOOK_RUNTIME names another Node, and one that is not there is an error", async () => {
      const argv = await without();
      fake("work/node_modules");
      moved("node/bin/node");
      assert.equal(start(argv, { GRADBOOK_RUNTIME: process.execPath }).status, 0);
      assert.match(
        start(argv, { GRADBOOK_RUNTIME: at("none") }).stderr,
        /GRADBOOK_RUNTIME names .*none, which is no program/,
      );
    });
  });

  describe("doctor", () => {
    const lines = (text: string): string[] => text.split("\n").map((line) => line.trim());
    it("finds that nothing is installed", () => {
      const { status, stdout } = gradbook(["doctor"]);
      assert.equal(status, 1);
      assert.match(stdout, /^✔ ZeroMQ +libzmq [\d.]+, with(out)? CurveZMQ/);
      assert.match(
        stdout,
        /\n✘ Jupyter kernelspec +none in .*home\/\.local\/share\/jupyter\/kernels, .*\n.*npx gradbook jupyter install/,
      );
      assert.match(stdout, /\n– Jupyter +no jupyter on the path\n/);
      assert.equal(lines(stdout).at(-2), "Front ends of Jupyter cannot run the kernel.");
      program("bin/jupyter", `#!/bin/sh\necho '{"kernelspecs":{}}'\n`);
      const advice = gradbook(["doctor"], { PATH: `${at("bin")}:/bin` }).stdout.match(/→.*/g);
      assert.deepEqual(advice, ["→ Install one: npx gradbook jupyter install"]);
    });

    it("starts what is installed, and asks jupyter whether it shows it", () => {
      assert.equal(gradbook(["install"]).status, 0);
      const kernel = at("home/.local/share/jupyter/kernels/gradbook");
      const answer = (resource_dir: string) => JSON.stringify({ kernelspecs: { gradbook: { resource_dir } } });
      program("bin/jupyter", `#!/bin/sh\necho '${answer(kernel)}'\n`);
      const { status, stdout, stderr } = gradbook(["doctor"], { PATH: `${at("bin")}:/bin` });
      assert.equal(status, 0, stdout + stderr);
      assert.ok(stdout.includes(`✔ Jupyter kernelspec   ${kernel} (`), stdout);
      assert.match(stdout, /\n✔ Jupyter kernel +gradbook .* answered \d+ ms after its start\n/);
      assert.match(stdout, /\n✔ Jupyter +.*bin\/jupyter shows gradbook\n/);
      program("bin/jupyter", `#!/bin/sh\necho '${answer("/elsewhere")}'\n`);
      const other = gradbook(["doctor"], { PATH: `${at("bin")}:/bin` }).stdout;
      assert.match(other, /\n– Jupyter +.* shows another kernel "gradbook", in \/elsewhere\n.*--sys-prefix/);
    });

    it("starts every kernelspec that is installed, and fails for one that does not start", () => {
      assert.equal(gradbook(["install"]).status, 0);
      assert.equal(gradbook(["install", "--name", "second"]).status, 0);
      const both = gradbook(["doctor"]).stdout;
      assert.match(both, /\n✔ Jupyter kernel +gradbook: gradbook .* start\n +second: gradbook .* start\n/);
      writeFileSync(at("home/.local/share/jupyter/kernels/second/start.sh"), "exit 7\n");
      const { status, stdout } = gradbook(["doctor"]);
      assert.equal(status, 1);
      assert.match(stdout, /\n✘ Jupyter kernel .*kernels\/second: it ended \(exit code 7\)\n/);
    });

    it("finds that what a kernelspec names is gone, and shows what the kernel said", () => {
      assert.equal(gradbook(["install"], { GRADBOOK_RUNTIME: process.execPath }).status, 0);
      const file = at("home/.local/share/jupyter/kernels/gradbook/kernel.json");
      writeFileSync(file, readFileSync(file, "utf8").replace(/"cli": ".*?"/, `"cli": "${at("gone.js")}"`));
      const { status, stdout } = gradbook(["doctor"], { npm_config_cache: at("cache") });
      assert.equal(status, 1);
      assert.match(stdout, /\n✘ Jupyter kernelspec .* names .*gone\.js, which is not there\n/);
      assert.match(stdout, /\n✘ Jupyter kernel .*: it ended \(exit code 1\)\n +gradbook: the kernel is gone: /);
    });
  });
});
