/** What only shows where VS Code does not run under test: the questions that it asks. Driven from outside, in the page. */
import assert from "node:assert/strict";
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium, type Browser, type Page } from "playwright-core";
import { findChromium } from "../../.ci/chromium.mjs";
import type { MimeBundle } from "../../kernel/protocol/messages.ts";
import { hostileOutputs, savedFigures } from "./hostileOutputs.ts";
import { isAlive, kernelsOf } from "./process.ts";
import { freePort, linkExtension, settings, startServer, workbenchAddress } from "../../.ci/vscode.mjs";

const root = path.resolve(import.meta.dirname, "../..");
const cellOf = (source: string, id: string, outputs: MimeBundle[] = []): object => ({
  id,
  cell_type: "code",
  metadata: {},
  source,
  execution_count: null,
  outputs: outputs.map((data) => ({ output_type: "display_data", data, metadata: {} })),
});
const hostile = Object.keys(hostileOutputs);
/** Index of the first hostile cell. */
const first = 3;
/** What holds in the outputs once each is shown. */
const isShown: { [name: string]: string } = {
  live: "[...document.querySelectorAll('.gb-name')].some((e) => e.textContent.includes('<img'))",
  plotly: "[...document.querySelectorAll('.gb-plotly .legendtext')].some((e) => e.textContent.includes('plotly'))",
  // VS Code's own. Of the first two it shows nothing in a folder that is not trusted.
  html: "true",
  svg: "true",
  markdown: "true",
};
const notebook = {
  cells: [
    cellOf("1 + 1", "first"),
    cellOf("while (true) {}", "loop"),
    cellOf("// saved figures", "figures", savedFigures()),
    ...Object.entries(hostileOutputs).map(([name, bundle]) => cellOf(`// hostile: ${name}`, name, [bundle])),
  ],
  metadata: { kernelspec: { name: "gradbook", display_name: "Gradbook (TypeScript)", language: "typescript" } },
  nbformat: 4,
  nbformat_minor: 5,
};

/** Notes what VS Code's policy for webviews was asked to refuse, and code made from strings by our renderer. */
const watchScripts = `
  window.watched = [];
  document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile }) =>
    window.watched.push("policy: " + violatedDirective + " " + blockedURI + " " + sourceFile));
  const note = (how) => {
    const { stack } = new Error();
    if (stack.includes("dist/renderer")) window.watched.push(how + stack);
  };
  const handler = {
    apply: (made, self, args) => (note("Function()"), Reflect.apply(made, self, args)),
    construct: (made, args) => (note("new Function()"), Reflect.construct(made, args)),
  };
  window.Function = new Proxy(window.Function, handler);
  window.eval = new Proxy(window.eval, { apply: (made, self, args) => (note("eval()"), Reflect.apply(made, self, args)) });
`;

describe("questions", function () {
  this.timeout(180_000);
  const folder = mkdtempSync(path.join(tmpdir(), "gradbook-trust-"));
  let browser: Browser | undefined;
  let server: Awaited<ReturnType<typeof startServer>> | undefined;
  let page: Page;
  const status = (text: string) => page.waitForSelector(`.statusbar-item:has-text("${text}")`, { timeout: 60_000 });
  const dialog = (text: string) => page.waitForSelector(`.monaco-dialog-box:has-text("${text}")`, { timeout: 60_000 });
  const button = (text: string) => page.click(`.monaco-dialog-box .dialog-buttons >> text="${text}"`);
  const cell = async (i: number): Promise<void> => {
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+Home");
    await page.click(`.notebook-editor .code-cell-row .monaco-editor >> nth=${i}`);
  };

  const picture = (name: string) => page.screenshot({ path: path.join(root, `.cache/screenshots/${name}.png`) });
  /** An expression in the frames of the webviews: what all of them hold together. */
  const inOutputs = async (script: string): Promise<unknown[]> => {
    const frames = page.frames().filter((frame) => frame.url().includes("/fake.html"));
    return (await Promise.all(frames.map((frame) => frame.evaluate<unknown[]>(script)))).flat();
  };
  /** Scrolls to a cell and waits until `condition` holds in the outputs. */
  const show = async (index: number, condition: string): Promise<void> => {
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+Home");
    for (let i = 0; i < index; i++) await page.keyboard.press("ArrowDown");
    await holds(condition);
  };
  /** Waits until a condition holds in the outputs. */
  const holds = (condition: string): Promise<true> =>
    until(condition, async () => (await inOutputs(`[${condition}]`)).includes(true) || undefined);
  /** Shows every hostile output, and the hover texts of the figure among them. */
  const showHostile = async (name: (output: string) => string): Promise<void> => {
    for (const [i, output] of hostile.entries()) {
      await show(first + i, isShown[output]!);
      if (output === "plotly") await hoverPoint();
      await picture(name(output));
    }
  };
  const hoverPoint = async (): Promise<void> => {
    await inOutputs(`[...document.querySelectorAll(".gb-plotly")].filter((e) => e.textContent.includes("onerror")).map((e) => {
      const { x, y, width, height } = e.querySelector(".scatterlayer .point").getBoundingClientRect();
      const at = { bubbles: true, clientX: x + width / 2, clientY: y + height / 2 };
      for (const type of ["mouseover", "mousemove"]) e.querySelector(".nsewdrag").dispatchEvent(new MouseEvent(type, at));
    })`);
    await holds("document.querySelector('.hoverlayer .hovertext') !== null");
  };
  const scriptLinks =
    "[...document.querySelectorAll('a')].map((a) => String(a.href.baseVal ?? a.href)).filter((href) => /^javascript:/i.test(href))";

  before(async () => {
    const workspace = path.join(folder, "notebooks");
    mkdirSync(workspace);
    writeFileSync(path.join(workspace, "untrusted.ipynb"), JSON.stringify(notebook));
    linkExtension({ data: folder, folder: path.join(root, ".ci/opener") });
    const env = { GRADBOOK_OPEN: path.join(workspace, "untrusted.ipynb") };
    const userSettings = { ...settings, "window.dialogStyle": "custom", "window.autoDetectColorScheme": true };
    server = await startServer({ data: folder, port: await freePort(), trust: false, userSettings, env });
    browser = await chromium.launch({ executablePath: await findChromium(), args: ["--no-sandbox", "--disable-gpu"] });
    page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    await page.addInitScript(watchScripts);
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
    assert.deepEqual(kernelsOf(server!.pid!), []);
  });

  it("saved figures are drawn there, light and dark", async () => {
    await cell(0);
    await show(2, "[...document.querySelectorAll('.gb-name')].some((e) => e.textContent.includes('layer1'))");
    await picture("restricted-light");
    await page.emulateMedia({ colorScheme: "dark" });
    await page.waitForSelector(".monaco-workbench.vs-dark");
    await picture("restricted-dark");
    await page.emulateMedia({ colorScheme: "light" });
    await page.waitForSelector(".monaco-workbench.vs");
  });

  it("no output of an untrusted notebook runs a script, whatever it holds", async () => {
    await showHostile((output) => `hostile-${output}`);
    assert.deepEqual(await inOutputs("window.ran || []"), []);
    assert.deepEqual(await inOutputs("window.watched"), []);
    assert.deepEqual(await inOutputs(scriptLinks), []);
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

  it("in a trusted folder too, no figure runs a script or is made of strings that are run", async () => {
    await showHostile((output) => `trusted-${output}`);
    const ran = await inOutputs("window.ran || []");
    // VS Code's own renderer runs scripts of a trusted notebook: so this would be seen.
    assert.ok(ran.includes("html"));
    assert.deepEqual(
      ran.filter((name) => name === "live" || name === "plotly"),
      [],
    );
    assert.deepEqual(await inOutputs("window.watched"), []);
    await page.keyboard.press("Control+Home");
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

  it("a killed extension host leaves no kernel, and the next one starts its own; neither does a killed server", async () => {
    const pid = server!.pid!;
    await cell(1);
    await page.keyboard.press("Control+Enter");
    await status("Gradbook busy");
    const [kernel] = kernelsOf(pid);
    process.kill(kernel!.parent, "SIGKILL");
    await gone(kernel!.pid);
    // The window starts no new one by itself while it shows an extension under development.
    await page.reload();
    const next = await until("the next kernel", () => kernelsOf(pid)[0]);
    process.kill(pid, "SIGKILL");
    await gone(next.pid);
  });
});

/** Resolves when a process has ended. */
const gone = (pid: number): Promise<true> => until(`the end of process ${pid}`, () => !isAlive(pid) || undefined);

async function until<T>(what: string, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (const limit = Date.now() + 90_000; Date.now() < limit; await new Promise((done) => setTimeout(done, 200))) {
    const found = await look();
    if (found !== undefined) return found;
  }
  throw new Error(`waited 90 s for ${what}`);
}
