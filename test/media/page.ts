/**
 * A page in a real Chromium that mounts the renderer as a VS Code notebook does: its own element for each output item,
 * messages both ways, theme classes and variables on the body, and a content security policy without eval.
 */
import { build } from "esbuild";
import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";

const NONCE = "gradbook";
/** Scripts by nonce and the renderer only, never from a string; what a notebook's webview allows otherwise. */
const policy = (origin: string) =>
  `default-src 'none'; script-src 'nonce-${NONCE}' ${origin}/renderer.js; style-src 'unsafe-inline'; img-src data:; font-src data:`;

const root = fileURLToPath(new URL("../..", import.meta.url));

let bundled: Promise<string> | undefined;
/** The renderer as the product ships it. */
export function rendererCode(): Promise<string> {
  bundled ??= build({
    absWorkingDir: root,
    entryPoints: ["media/renderer/main.ts"],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    legalComments: "none",
    logLevel: "warning",
  }).then(({ outputFiles }) => outputFiles[0]!.text);
  return bundled;
}

export function chromiumPath(): string {
  const candidates = [
    process.env["CHROMIUM"],
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
  ];
  const found = candidates.find((path) => path && existsSync(path));
  if (!found)
    throw new Error(
      "No Chromium for the renderer's tests: set CHROMIUM to one, or install it (apt-get install chromium).",
    );
  return found;
}

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--js-flags=--expose-gc",
    ],
  });
}

let address: Promise<string> | undefined;
/** A server on this machine, so that Chromium compiles the renderer once; it ends with the process. */
function served(): Promise<string> {
  address ??= rendererCode().then(
    (code) =>
      new Promise((done) => {
        const server = createServer(({ url }, response) => {
          if (url === "/renderer.js") {
            response.writeHead(200, { "content-type": "text/javascript", "cache-control": "max-age=600" }).end(code);
          } else {
            const headers = { "content-type": "text/html", "content-security-policy": policy(origin()) };
            response.writeHead(url === "/" ? 200 : 404, headers).end(url === "/" ? PAGE : "");
          }
        });
        const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
        server.listen(0, "127.0.0.1", () => done(origin()));
        server.unref();
      }),
  );
  return address;
}

/** What VS Code's themes set, for the variables that figures read. */
const THEMES: { [theme: string]: { [variable: string]: string } } = {
  light: {
    "editor-foreground": "#3b3b3b",
    "editor-background": "#ffffff",
    descriptionForeground: "#5f5f5f",
    "panel-border": "#e5e5e5",
    "button-secondaryBackground": "#e5e5e5",
    "button-secondaryForeground": "#3b3b3b",
    "button-background": "#005fb8",
    "button-foreground": "#ffffff",
    focusBorder: "#005fb8",
    "editorHoverWidget-background": "#f8f8f8",
    "editorHoverWidget-border": "#c8c8c8",
    errorForeground: "#c2000d",
  },
  dark: {
    "editor-foreground": "#cccccc",
    "editor-background": "#1f1f1f",
    descriptionForeground: "#9d9d9d",
    "panel-border": "#2b2b2b",
    "button-secondaryBackground": "#313131",
    "button-secondaryForeground": "#cccccc",
    "button-background": "#0078d4",
    "button-foreground": "#ffffff",
    focusBorder: "#0078d4",
    "editorHoverWidget-background": "#202020",
    "editorHoverWidget-border": "#454545",
    errorForeground: "#f85149",
  },
  "high-contrast": {
    "editor-foreground": "#ffffff",
    "editor-background": "#000000",
    descriptionForeground: "#ffffff",
    "panel-border": "#6fc3df",
    contrastBorder: "#6fc3df",
    contrastActiveBorder: "#f38518",
    focusBorder: "#f38518",
    "editorHoverWidget-background": "#0c141f",
    "editorHoverWidget-border": "#6fc3df",
    errorForeground: "#f48771",
    "button-background": "#000000",
    "button-foreground": "#ffffff",
  },
};
export type ThemeName = keyof typeof THEMES;

export interface Notebook {
  page: Page;
  /** Renders an output item into a fresh element, or into the one of an earlier item that it replaces. */
  render(item: { id: string; mime: string; data: unknown }, options?: { into?: string }): Promise<void>;
  dispose(id?: string): Promise<void>;
  /** Sends a message as the extension does. */
  send(message: unknown): Promise<void>;
  /** What the renderer posted since the last call. */
  posted(): Promise<any[]>;
  setTheme(name: string): Promise<void>;
  /** Resolves when nothing is left to draw. */
  settled(): Promise<void>;
  /** Violations of the content security policy, and errors of the page. */
  problems: string[];
}

export async function openNotebook(
  browser: Browser,
  {
    width = 960,
    height = 900,
    theme = "light",
    messaging = true,
  }: { width?: number; height?: number; theme?: string; messaging?: boolean } = {},
): Promise<Notebook> {
  // One context for all, so that they share what Chromium compiled.
  const context = browser.contexts()[0] ?? (await browser.newContext());
  const page = await context.newPage();
  await page.setViewportSize({ width, height });
  const problems: string[] = [];
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  page.on("console", (message) => message.type() === "error" && problems.push(`console: ${message.text()}`));
  await page.goto(await served());
  // evaluate() itself may use eval despite the policy; what the page starts from its own timers may not.
  await page.evaluate(() => (window as any).ready ?? new Promise((done) => ((window as any).ready = done)));
  await page.evaluate((messaging) => (window as any).start(messaging), messaging);
  const notebook: Notebook = {
    page,
    problems,
    render: (item, { into } = {}) =>
      page.evaluate(([item, into]) => (window as any).render(item, into), [item, into] as const),
    dispose: (id) => page.evaluate((id) => (window as any).api.disposeOutputItem(id), id),
    send: (message) => page.evaluate((message) => (window as any).receive(message), message),
    posted: () => page.evaluate(() => (window as any).posted.splice(0)),
    setTheme: (name) =>
      page.evaluate(([name, variables]) => (window as any).setTheme(name, variables), [name, THEMES[name]!] as const),
    settled: () => page.evaluate(() => (window as any).settled()),
  };
  await notebook.setTheme(theme);
  return notebook;
}

const PAGE = `<!doctype html><meta charset="utf-8">
<style>body { margin: 0; padding: 8px; background: var(--vscode-editor-background); font-family: system-ui, sans-serif; }</style>
<body><script nonce="${NONCE}" type="module">
  const listeners = [];
  window.posted = [];
  // Ticks, their grid lines and the axes' titles: replaced when an axis grows, because each stands for one value.
  window.AXES = ".xaxislayer-above, .yaxislayer-above, .xaxislayer-below, .yaxislayer-below, .gridlayer, .infolayer";
  document.addEventListener("securitypolicyviolation", (e) => console.error("policy: " + e.violatedDirective + " " + e.blockedURI + " " + e.sample));
  const { activate } = await import("/renderer.js").catch((e) => { console.error(String(e)); throw e; });
  const settings = { workspace: { isTrusted: true }, setState() {}, getState() {}, getRenderer: async () => undefined };
  const own = () => new Promise((go) => setTimeout(go));
  window.start = async (messaging) => {
    await own();
    window.api = await activate(messaging
      ? { ...settings, postMessage: (m) => window.posted.push(structuredClone(m)), onDidReceiveMessage: (f) => (listeners.push(f), { dispose() {} }) }
      : settings);
  };
  window.receive = async (message) => { await own(); listeners.forEach((f) => f(message)); };
  window.render = async ({ id, mime, data }, into) => {
    await own();
    let output = document.getElementById("output-" + (into ?? id));
    if (!output) {
      const container = document.createElement("div");
      container.className = "output_container";
      output = document.createElement("div");
      output.id = "output-" + id;
      container.append(output);
      document.body.append(container);
    } else if (into !== undefined) {
      // As VS Code does: a new element in the same container, the old one removed.
      const fresh = document.createElement("div");
      fresh.id = "output-" + id;
      output.parentElement.append(fresh);
      window.api.disposeOutputItem(into);
      const old = output;
      output = fresh;
      old.remove();
    }
    const text = JSON.stringify(data);
    await window.api.renderOutputItem({ id, mime, json: () => JSON.parse(text), text: () => text, metadata: {} }, output, new AbortController().signal);
  };
  window.setTheme = (name, variables) => {
    document.documentElement.style.cssText = Object.entries(variables).map(([k, v]) => "--vscode-" + k + ":" + v).join(";");
    document.body.className = "vscode-" + name;
  };
  // Nothing is due for three frames in a row: what observers see first makes more due.
  window.settled = async () => {
    for (let quiet = 0; quiet < 3; quiet = window.__gradbook.isDrawing() ? 0 : quiet + 1) await new Promise(requestAnimationFrame);
  };
  window.ready?.();
  window.ready = true;
</script>`;
