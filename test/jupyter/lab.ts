/**
 * A real JupyterLab in a real browser: a server of its own on a free port of the loopback, with folders of its own for
 * everything that Jupyter writes, and one tab of Chromium for each notebook that is opened; see labNotebook.ts.
 */
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { chromium, type Browser, type Page } from "playwright-core";
import { findChromium } from "../../.ci/chromium.mjs";
import { KERNELSPEC } from "../../kernel/notebook/format.ts";
import { JupyterHome, python } from "./clients.ts";
import { LabNotebook } from "./labNotebook.ts";

export interface LabOptions {
  /** What lies in the notebooks' folder, by path. */
  files?: { [path: string]: string };
  /** Of the server, and so of the kernels. */
  env?: { [name: string]: string };
}

interface OpenOptions {
  theme?: "light" | "dark";
  /** Called before anything is loaded. */
  onPage?(page: Page): void;
}
interface Address {
  origin: string;
  token: string;
}

/** The server is asked to end, and its kernels with it; one that does not is killed. */
const PATIENCE_MS = 10_000;

export class Lab {
  /** The notebooks' folder. */
  readonly folder: string;
  readonly #home: JupyterHome;
  readonly #server: ChildProcess;
  readonly #browser: Browser;
  readonly #address: Address;
  readonly #endHard: () => void;

  private constructor(home: JupyterHome, server: ChildProcess, browser: Browser, address: Address) {
    this.#home = home;
    this.folder = home.folderFor("notebooks");
    this.#server = server;
    this.#browser = browser;
    this.#address = address;
    this.#endHard = () => server.kill("SIGKILL");
    process.once("exit", this.#endHard);
  }

  /** @throws with the server's last lines, when it does not come up. */
  static async start({ files = {}, env = {} }: LabOptions = {}): Promise<Lab> {
    const home = new JupyterHome(env);
    const write = (path: string, text: string): void => {
      mkdirSync(dirname(join(home.folder, path)), { recursive: true });
      writeFileSync(join(home.folder, path), text);
    };
    for (const [path, text] of Object.entries(files)) write(join("notebooks", path), text);
    // Nothing is asked of the network, and nobody is asked about news.
    write(
      "settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings",
      JSON.stringify({ fetchNews: "false", checkForUpdates: false, doNotDisturbMode: true }),
    );
    const token = randomUUID();
    const server = spawn(
      python,
      [
        ...["-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"],
        `--ServerApp.root_dir=${home.folderFor("notebooks")}`,
        `--IdentityProvider.token=${token}`,
        "--KernelSpecManager.ensure_native_kernel=False",
        // Tests look at what a notebook holds through the page's own application.
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.extension_manager=readonly",
      ],
      {
        stdio: ["ignore", "ignore", "pipe"],
        env: {
          ...home.env,
          JUPYTERLAB_SETTINGS_DIR: home.folderFor("settings"),
          JUPYTERLAB_WORKSPACES_DIR: home.folderFor("workspaces"),
        },
      },
    );
    try {
      const [origin, browser] = await Promise.all([
        listening(server),
        findChromium().then((executablePath) =>
          chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] }),
        ),
      ]);
      return new Lab(home, server, browser, { origin, token });
    } catch (error) {
      server.kill("SIGKILL");
      home[Symbol.dispose]();
      throw error;
    }
  }

  /** Opens a notebook of the folder in a tab of its own and waits until its kernel is there. */
  async open(path: string, { theme = "light", onPage }: OpenOptions = {}): Promise<LabNotebook> {
    const page = await this.#browser.newPage({ viewport: { width: 1280, height: 900 } });
    onPage?.(page);
    const { origin, token } = this.#address;
    // A workspace of its own: two tabs do not share their layout.
    await page.goto(`${origin}/lab/workspaces/${randomUUID()}/tree/${encodeURIComponent(path)}?token=${token}`);
    const notebook = new LabNotebook(page, join(this.folder, path));
    await notebook.ready();
    await notebook.setTheme(theme);
    return notebook;
  }

  /** Asks the server's own interface, as a front end does: `api/kernels`. */
  async ask(path: string, init: RequestInit = {}): Promise<any> {
    const { origin, token } = this.#address;
    const reply = await fetch(`${origin}/${path}`, { ...init, headers: { Authorization: `token ${token}` } });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`Jupyter server: ${path} was answered with ${reply.status}: ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  /** Writes a file beside the notebooks. */
  write(path: string, text: string): void {
    writeFileSync(join(this.folder, path), text);
  }

  /** Runs a command of Jupyter's in the notebooks' folder and gives what it prints: `jupyter("nbconvert", "--to", "html", …)`. */
  async jupyter(command: string, ...args: string[]): Promise<string> {
    const options = { cwd: this.folder, env: this.#home.env };
    const { stdout, stderr } = await promisify(execFile)(python, ["-m", command, ...args], options);
    return stdout + stderr;
  }

  /** A page that is not JupyterLab. */
  show(url: string): Promise<Page> {
    return this.#browser.newPage().then(async (page) => {
      await page.goto(url);
      return page;
    });
  }

  /** Ends the browser, the server and its kernels, and removes their folders. */
  async close(): Promise<void> {
    await this.#browser.close();
    if (this.#server.exitCode === null && this.#server.signalCode === null) {
      const ended = new Promise((resolve) => this.#server.once("exit", resolve));
      this.#server.kill("SIGTERM");
      const hard = setTimeout(this.#endHard, PATIENCE_MS);
      await ended;
      clearTimeout(hard);
    }
    process.removeListener("exit", this.#endHard);
    this.#home[Symbol.dispose]();
  }
}

/** A notebook file for our kernel with these code cells. */
export function notebookOf(...sources: string[]): string {
  const cells = sources.map((source, i) => ({
    cell_type: "code",
    id: `cell-${i}`,
    metadata: {},
    execution_count: null,
    outputs: [],
    source,
  }));
  return JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: { kernelspec: KERNELSPEC }, cells });
}

/** Address of the server, as it prints it when it listens. */
function listening(server: ChildProcess): Promise<string> {
  let printed = "";
  return new Promise((resolve, reject) => {
    const failed = (why: string): void =>
      reject(new Error(`JupyterLab did not start: ${why}.\n${printed.split("\n").slice(-30).join("\n")}`));
    server.stderr!.setEncoding("utf8").on("data", (text: string) => {
      printed = (printed + text).slice(-20_000);
      const origin = /(http:\/\/127\.0\.0\.1:\d+)\/lab/.exec(printed)?.[1];
      if (origin) resolve(origin);
    });
    server.once("error", (error) => failed(error.message));
    server.once("exit", (code, signal) => failed(`it ended with ${signal ?? code}`));
  });
}
