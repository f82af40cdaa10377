/** What only shows where VS Code does not run under test: the questions that it asks. Driven from outside, in the page. */
import assert from "node:assert/strict";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { findChromium } from "../../.ci/chromium.mjs";
import { freePort, linkExtension, settings, startServer, workbenchAddress } from "../../.ci/vscode.mjs";

const root = path.resolve(import.meta.dirname, "../..");
const notebook = {
  cells: ["1 + 1", "while (true) {}"].map((source, i) => ({
    id: `cell-${i}`,
    cell_type: "code",
    metadata: {},
    source,
    execution_count: null,
    outputs: [],
  })),
  metadata: { kernelspec: { name: "gradbook", display_name: "Gradbook (TypeScript)", language: "typescript" } },
  nbformat: 4,
  nbformat_minor: 5,
};

describe("questions", function () {
  this.timeout(180_000);
  const folder = mkdtempSync(path.join(tmpdir(), "gradbook-trust-"));
  let browser: Browser | undefined;
  let server: Awaited<ReturnType<typeof startServer>> | undefined;
  let page: Page;
  const status = (text: string) => page.waitForSelector(`.statusbar-item:has-text("${text}")`, { timeout: 60_000 });
  const dialog = (text: string) => page.waitForSelector(`.monaco-dialog-box:has-text("${text}")`, { timeout: 30_000 });
  const button = (text: string) => page.click(`.monaco-dialog-box .dialog-buttons >> text="${text}"`);
  const cell = (i: number) => page.click(`.notebook-editor .code-cell-row .monaco-editor >> nth=${i}`);

  before(async () => {
    const workspace = path.join(folder, "notebooks");
    mkdirSync(workspace);
    writeFileSync(path.join(workspace, "untrusted.ipynb"), JSON.stringify(notebook));
    linkExtension({ data: folder, folder: path.join(root, ".ci/opener") });
    const env = { GRADBOOK_OPEN: path.join(workspace, "untrusted.ipynb") };
    const userSettings = { ...settings, "window.dialogStyle": "custom" };
    server = await startServer({ data: folder, port: await freePort(), trust: false, userSettings, env });
    browser = await chromium.launch({ executablePath: await findChromium(), args: ["--no-sandbox", "--disable-gpu"] });
    page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    await page.goto(workbenchAddress(server, { folder: workspace, extension: root }));
  });
  afterEach(async function () {
    if (this.currentTest?.state !== "failed") return;
    await page.screenshot({ path: path.join(root, ".cache/screenshots/failure-questions.png") });
  });
  after(async () => {
    await browser?.close();
    server?.stop();
    await server?.exited;
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  });

  it("in restricted mode a notebook is shown, and no kernel is started", async () => {
    await status("Restricted Mode");
    await status("Gradbook not started");
  });

  it("a cell runs once the folder is trusted, and not before", async () => {
    await cell(0);
    await page.keyboard.press("Shift+Enter");
    await dialog("trust the authors");
    await button("Cancel");
    await status("Gradbook not started");
    await cell(0);
    await page.keyboard.press("Shift+Enter");
    await dialog("trust the authors");
    await button("Trust Folder & Continue");
    await status("Gradbook idle");
    await page.waitForSelector(".notebook-editor .codicon-notebook-state-success");
  });

  it("restart asks while a cell runs; Don't Ask Again is remembered", async () => {
    await cell(1);
    await page.keyboard.press("Control+Enter");
    await status("Gradbook busy");
    await page.click(".notebook-toolbar-container >> text=/^Restart$/");
    await dialog("A cell is running");
    await page.screenshot({ path: path.join(root, ".cache/screenshots/restart.png") });
    await button("Cancel");
    await status("Gradbook busy");
    await page.click(".notebook-toolbar-container >> text=/^Restart$/");
    await dialog("A cell is running");
    await button("Don't Ask Again");
    await status("Gradbook idle");
    await cell(1);
    await page.keyboard.press("Control+Enter");
    await status("Gradbook busy");
    await page.click(".notebook-toolbar-container >> text=/^Restart$/");
    await status("Gradbook idle");
    assert.equal(await page.$(".monaco-dialog-box"), null);
  });
});
