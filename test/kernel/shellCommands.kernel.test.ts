/** Commands of cells in a real kernel: output as it comes, failure, interrupt, and packages that they install. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { KernelUnderTest } from "./kernelUnderTest.ts";
import { write } from "./moduleFiles.ts";

/** A program that works on every system, as text for the shell. */
const node = (code: string): string => `"${process.execPath}" -e "${code}"`;

describe("commands", function () {
  this.timeout(120_000);
  let kernel: KernelUnderTest;
  before(async () => void (kernel = await KernelUnderTest.started()));
  after(() => kernel.stop());

  it("runs in the notebook's folder, in the order of the cell, and shows no value", async () => {
    write(kernel.folder, { "here.txt": "1" });
    const { stdout, value } = await kernel.run(
      `console.log('before')\n!${node("console.log(require('fs').existsSync('here.txt'))")}\nconsole.log('after')\n5\n!${node("console.log('last')")}`,
    );
    assert.equal(stdout, "before\ntrue\nafter\nlast\n");
    assert.equal(value, undefined);
  });

  it("output comes while the command runs, stderr apart, with \\r and colours", async () => {
    const code =
      "process.stdout.write('a\\\\rb\\\\u001b[31mc'); process.stderr.write('err'); process.stdin.on('data', () => {}).on('end', () => setTimeout(() => console.log('end'), 300))";
    const cell = kernel.start(`!${node(code)}`);
    let ended = false;
    void cell.result.then(() => (ended = true));
    await cell.printed("\u001b[31mc");
    assert.equal(ended, false, "it came only at the end");
    const { stdout, stderr } = await cell.result;
    assert.match(stdout, /(?:a\r)?b\u001b\[31mcend\n/);
    assert.equal(stderr, "err");
  });

  it("a command that fails fails the cell, with its code", async () => {
    const { reply, stdout } = await kernel.run(`console.log(1)\n!${node("process.exit(3)")}\nconsole.log(2)`);
    assert.ok(reply.status === "error");
    assert.equal(reply.ename, "CommandError");
    assert.match(reply.evalue, /^".*process\.exit\(3\).*" ended with code 3\.$/);
    assert.match(reply.traceback.join("\n"), /at Cell \[\d+\], line 2/);
    assert.equal(stdout, "1\n");
    assert.equal(
      await kernel.value(
        `try {\n!${node("process.exit(4)")}\n} catch (e) { (globalThis as any).code = (e as any).exitCode }\n(globalThis as any).code`,
      ),
      "4",
    );
  });

  it("values of the session go in, as single arguments", async () => {
    await kernel.run('const text = "a b \'c\' $HOME"; const list = ["x", "y z"]');
    const { stdout } = await kernel.run(
      `!${node("console.log(JSON.stringify(process.argv.slice(1)))")} {text} \${list} -{1 + 1}`,
    );
    const wanted = process.platform === "win32" ? undefined : '["a b \'c\' $HOME","x","y z","-{1","+","1}"]\n';
    if (wanted) assert.equal(stdout, wanted);
  });

  it("in loops and branches, with a known name as TypeScript", async () => {
    const { stdout } = await kernel.run(
      `const done = false\nfor (const i of [1, 2]) {\n  !${node("console.log('n' + process.argv[1])")} {i}\n}\n!done && console.log('typescript')`,
    );
    assert.equal(stdout, "n1\nn2\ntypescript\n");
  });

  it("a command sees what cells put into process.env, and nothing of VS Code's", async () => {
    await kernel.run("process.env.GREETING = 'hello'; process.env.ELECTRON_RUN_AS_NODE = '1'");
    const { stdout } = await kernel.run(
      `!${node("console.log(process.env.GREETING, process.env.ELECTRON_RUN_AS_NODE)")}`,
    );
    assert.equal(stdout, "hello undefined\n");
  });

  it("an interrupt ends the command and what it has started; the session goes on", async () => {
    const inner = "setInterval(() => {}, 1e6); console.log('pid ' + process.pid)";
    write(kernel.folder, {
      "inner.cjs": inner,
      "outer.cjs":
        "require('child_process').spawn(process.execPath, ['inner.cjs'], { stdio: 'inherit' }); setInterval(() => {}, 1e6)",
    });
    const cell = kernel.start(`let kept = 1\n!"${process.execPath}" outer.cjs`);
    await cell.printed("pid ");
    await kernel.client.interrupt();
    const { reply, stdout } = await cell.result;
    assert.ok(reply.status === "error");
    assert.equal(reply.ename, "Interrupted");
    assert.equal(await kernel.value("kept"), "1");
    const pid = Number(/pid (\d+)/.exec(stdout)![1]);
    for (;;) {
      try {
        process.kill(pid, 0);
      } catch {
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });

  it("cd alone says that it changes nothing", async () => {
    assert.match(
      (await kernel.run("!cd ..")).stderr,
      /this "cd" changes nothing. Join what belongs together: !cd \.\. && ls/,
    );
  });

  it("IPython's magic is named", async () => {
    const { reply } = await kernel.run("%pip install x");
    assert.ok(reply.status === "error");
    assert.match(reply.evalue, /!npm install x/);
  });

  it("a missing npm says what to set", async () => {
    await kernel.run("(globalThis as any).PATH = process.env.PATH; process.env.PATH = '/nowhere'");
    const { reply } = await kernel.run("!npm --version");
    await kernel.run("process.env.PATH = (globalThis as any).PATH");
    assert.ok(reply.status === "error");
    // The Node that runs the tests may have an npm beside it.
    if (!existsSync(path.join(path.dirname(process.execPath), "npm"))) assert.match(reply.evalue, /gradbook\.runtime/);
  });

  describe("npm install", () => {
    let tarballs: string;
    /** Packs a package into the notebook's folder, so that no registry is asked. */
    const pack = (name: string, version: string, code: string): string => {
      write(tarballs, {
        [`${name}-src/package.json`]: { name, version, main: "index.js" },
        [`${name}-src/index.js`]: code,
      });
      const cwd = path.join(tarballs, `${name}-src`);
      const npm = process.platform === "win32" ? "npm.cmd" : "npm";
      const env = { ...process.env, npm_config_offline: "true", npm_config_update_notifier: "false" };
      execFileSync(npm, ["pack", "--silent", "--pack-destination", ".."], {
        cwd,
        env,
        shell: process.platform === "win32",
      });
      return `./tarballs/${name}-${version}.tgz`;
    };
    before(async () => {
      tarballs = path.join(kernel.folder, "tarballs");
      await kernel.run(
        "process.env.npm_config_offline = 'true'; process.env.npm_config_audit = 'false'; process.env.npm_config_fund = 'false'; process.env.npm_config_update_notifier = 'false'",
      );
    });

    it("the package can be imported in the next cell, though it was missing before", async () => {
      const tgz = pack("installed-one", "1.0.0", "exports.n = 1");
      const first = await kernel.run("import { n } from 'installed-one'");
      assert.equal(first.reply.status, "error");
      const { reply, stdout } = await kernel.run(`!npm install ${tgz}`);
      assert.equal(reply.status, "ok", JSON.stringify(reply));
      assert.match(stdout, /added 1 package/);
      assert.equal(await kernel.value("import { n } from 'installed-one'; n"), "1");
      assert.ok(
        existsSync(path.join(kernel.folder, "package.json")),
        "npm wrote no package.json into the notebook's folder",
      );
    });

    it("in the same cell by import()", async () => {
      const tgz = pack("installed-two", "1.0.0", "exports.n = 2");
      assert.equal(await kernel.value(`!npm install ${tgz}\nconst two = await import('installed-two')\ntwo.n`), "2");
    });

    it("in the same cell by an import below it", async () => {
      const tgz = pack("installed-three", "1.0.0", "exports.n = 3");
      assert.equal(await kernel.value(`!npm install ${tgz}\nimport { n as three } from 'installed-three'\nthree`), "3");
    });

    it("a newer version of a package in use: says that a restart is needed", async () => {
      const tgz = pack("installed-one", "2.0.0", "exports.n = 20");
      const { stderr } = await kernel.run(`!npm install ${tgz}`);
      assert.match(stderr, /installed-one 2\.0\.0 is installed; the session still uses 1\.0\.0\. Restart the kernel/);
    });
  });
});
