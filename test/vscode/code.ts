#!/usr/bin/env node
/**
 * Stands in for the `code` executable: takes the arguments that @vscode/test-electron gives to a desktop VS Code, opens
 * VS Code's web workbench in a headless Chromium, and exits with the result of the tests that ran in its extension host.
 */
import { chromium, type Browser } from "playwright-core";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { findChromium } from "../../.ci/chromium.mjs";
import {
  freePort,
  installExtension,
  linkExtension,
  settings,
  startServer,
  workbenchAddress,
} from "../../.ci/vscode.mjs";
import { createBridge } from "./bridge.ts";
import { MARK, TEST_OUTPUT } from "./mark.ts";

/** Longest time for the whole run, in ms: ten times what it takes. */
const LIMIT_MS = 20 * 60_000;
/** An extension host that crashes is reported as success, so a success must also have left this file. */
const RESULT = "result.json";

const named = (name: string) =>
  process.argv
    .filter((argument) => argument.startsWith(`--${name}=`))
    .map((argument) => argument.slice(name.length + 3));
const [tests] = named("extensionTestsPath");
const [extension, ...others] = named("extensionDevelopmentPath");
const folder = process.argv.slice(2).find((argument) => !argument.startsWith("-"));
if (!tests || !folder) throw new Error("code.ts: needs --extensionTestsPath=<file> and a folder to open.");

const data = mkdtempSync(join(tmpdir(), "gradbook-e2e-"));
const screenshots = resolve(import.meta.dirname, "../../.cache/screenshots");
let code = 1;
let browser: Browser | undefined;
let log: string | undefined;
let said = () => "";
let stop = () => {};
try {
  for (const vsix of named("install-extension")) installExtension({ data, vsix });
  for (const other of others) linkExtension({ data, folder: other });
  const server = await startServer({
    data,
    port: await freePort(),
    userSettings: {
      ...settings,
      "security.workspace.trust.enabled": false,
      "window.dialogStyle": "custom",
      "files.simpleDialog.enable": true,
    },
    // A closed page must take its extension host, and with it the kernels, along at once.
    args: ["--reconnection-grace-time", "2"],
    env: { GRADBOOK_E2E_BRIDGE: data },
  });
  ({ log, stop } = server);

  browser = await chromium.launch({
    executablePath: await findChromium(),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  const page = await context.newPage();
  const bridge = createBridge(page, data);
  if (process.env.GRADBOOK_E2E_CONSOLE) page.on("console", (message) => console.log(`[page] ${message.text()}`));
  /** What VS Code itself says: of interest when something failed. */
  const workbench: string[] = [];
  said = () => workbench.slice(-100).join("\n");
  const finished = new Promise<number>((done) => void page.exposeFunction("codeAutomationExit", done));
  await page.exposeFunction("codeAutomationLog", (_type: string, parts: unknown[]) => {
    const text = parts.map(String).join(" ");
    if (text.startsWith(MARK)) void bridge(JSON.parse(text.slice(MARK.length)));
    else if (text.startsWith(TEST_OUTPUT)) console.log(text.slice(TEST_OUTPUT.length));
    else workbench.push(text);
  });
  await page.goto(workbenchAddress(server, { folder, tests, ...(extension && { extension }) }));
  const limit = new Promise<number>((done) => setTimeout(done, LIMIT_MS, 124).unref());
  const crashed = new Promise<number>((done) => page.once("crash", () => done(4)));
  code = await Promise.race([finished, limit, crashed]);
  if (code === 124) console.error(`The tests did not end within ${LIMIT_MS / 60_000} minutes.`);
  if (code === 0 && !existsSync(join(data, RESULT))) {
    console.error("The extension host ended before the tests did.");
    code = 3;
  }
  if (code !== 0) await page.screenshot({ path: join(screenshots, "failure-last.png") });
} finally {
  await browser?.close();
  stop();
  if (code !== 0) console.error(`The end of what the window said:\n${said()}`);
  if (code !== 0 && log) console.error(`The end of the server's log:\n${readFileSync(log, "utf8").slice(-6000)}`);
  rmSync(data, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
}
process.exit(code);
