/** `npm start` where there is no desktop VS Code: what someone sees who opens the address that it prints. */
import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium, type Browser } from "playwright-core";
import { findChromium } from "../../.ci/chromium.mjs";
import { copyNotebooks } from "../../.ci/start.mjs";

const root = path.resolve(import.meta.dirname, "../..");

describe("npm start", function () {
  this.timeout(180_000);
  let started: ChildProcess | undefined;
  let browser: Browser | undefined;
  after(async () => {
    await browser?.close();
    if (!started) return;
    const ended = once(started, "exit");
    started.kill("SIGINT");
    await ended;
  });

  it("prints an address that only its token opens, and there a notebook runs with Shift+Enter", async () => {
    started = spawn(process.execPath, [path.join(root, ".ci/start.mjs"), "--web"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let printed = "";
    const address = await new Promise<string>((resolve, reject) => {
      started!.once("exit", (code) => reject(new Error(`npm start ended with ${code}:\n${printed}`)));
      started!.stdout!.setEncoding("utf8").on("data", (text: string) => {
        printed += text;
        const found = /http:\S+/.exec(printed);
        if (found) resolve(found[0]);
      });
    });
    assert.match(address, /^http:\/\/127\.0\.0\.1:\d+\/\?.*tkn=[0-9a-f]{32}/);
    assert.equal((await fetch(new URL("/", address))).status, 403);

    browser = await chromium.launch({ executablePath: await findChromium(), args: ["--no-sandbox", "--disable-gpu"] });
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    try {
      await page.goto(address);
      await page.waitForSelector(".notebook-editor .markdown-cell-row, .notebook-editor .cell-list-container", {
        timeout: 60_000,
      });
      await page.waitForSelector("text=Gradbook idle", { timeout: 60_000 });
      // The settings cell stands second.
      await page.click(".notebook-editor .code-cell-row .monaco-editor");
      await page.keyboard.press("Shift+Enter");
      await page.waitForSelector(".notebook-editor .codicon-notebook-state-success", { timeout: 60_000 });
    } finally {
      await page.screenshot({ path: path.join(root, ".cache/screenshots/start.png") });
    }
  });

  it("keeps a copy that was worked in, and renews one that was not", () => {
    const folder = mkdtempSync(path.join(tmpdir(), "gradbook-copies-"));
    try {
      const [from, to] = [path.join(folder, "from"), path.join(folder, "to")];
      const write = (base: string, name: string, text: string): void => writeFileSync(path.join(base, name), text);
      const read = (name: string): string => readFileSync(path.join(to, name), "utf8");
      copyNotebooks(path.join(root, "media/notebooks"), from);
      write(from, "a.ipynb", "a1");
      write(from, "b.ipynb", "b1");
      copyNotebooks(from, to);
      write(to, "a.ipynb", "mine");
      write(from, "a.ipynb", "a2");
      write(from, "b.ipynb", "b2");
      copyNotebooks(from, to);
      assert.deepEqual([read("a.ipynb"), read("b.ipynb")], ["mine", "b2"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
