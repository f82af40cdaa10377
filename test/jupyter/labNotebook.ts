/**
 * A notebook in a tab of JupyterLab, driven as a user drives it: by keys, and by the buttons of its toolbar. What it holds is
 * read from the page, and from Lab's own model of the notebook where the page shows only a part.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Locator, Page } from "playwright-core";

const SCREENSHOTS = resolve(import.meta.dirname, "../../.cache/screenshots");
const WAIT_MS = 60_000;

/** An output as the file holds it. */
export interface LabOutput {
  output_type: string;
  name?: string;
  text?: string | string[];
  ename?: string;
  evalue?: string;
  data?: { [mime: string]: unknown };
  metadata?: { [key: string]: unknown };
}

export class LabNotebook {
  readonly page: Page;
  readonly #file: string;

  constructor(page: Page, file: string) {
    this.page = page;
    this.#file = file;
    page.setDefaultTimeout(WAIT_MS);
  }

  /** Waits until the notebook is shown and its kernel is idle. */
  async ready(): Promise<void> {
    await this.page.waitForSelector(".jp-NotebookPanel .jp-Notebook .jp-Cell");
    await this.page.waitForFunction(() => {
      const panel = (window as any).jupyterapp?.shell.currentWidget;
      return panel?.context?.isReady && panel.sessionContext?.session?.kernel?.status === "idle";
    });
  }

  async setTheme(theme: "light" | "dark"): Promise<void> {
    const wanted = theme === "light" ? "JupyterLab Light" : "JupyterLab Dark";
    await this.page.evaluate(
      (name) => (window as any).jupyterapp.commands.execute("apputils:change-theme", { theme: name }),
      wanted,
    );
    await this.page.locator(`body[data-jp-theme-light="${theme === "light"}"]`).waitFor({ state: "attached" });
    // A change of theme brings Lab's curtain for a moment.
    await this.page.locator("#jupyterlab-splash").waitFor({ state: "detached" });
  }

  /** The cell's part of the page. Cells count from 0, also those of text. */
  cell(index: number): Locator {
    return this.page.locator(`.jp-Notebook .jp-Cell[data-windowed-list-index="${index}"]`);
  }

  output(index: number): Locator {
    return this.cell(index).locator(".jp-OutputArea-output");
  }

  /** Selects a cell, in command mode. */
  async select(index: number): Promise<void> {
    await this.cell(index).scrollIntoViewIfNeeded();
    await this.cell(index).locator(".jp-InputPrompt").first().click();
    await this.page.waitForFunction(
      (at) => (window as any).jupyterapp.shell.currentWidget.content.activeCellIndex === at,
      index,
    );
  }

  /** Replaces a cell's text. */
  async setSource(index: number, source: string): Promise<void> {
    await this.page.evaluate(
      ([at, text]) =>
        (window as any).jupyterapp.shell.currentWidget.content.widgets[at].model.sharedModel.setSource(text),
      [index, source] as const,
    );
  }

  /** Starts a cell by Shift+Enter and comes back at once; `ended` says when it has ended. */
  async start(index: number): Promise<{ ended(timeoutMs?: number): Promise<void> }> {
    await this.select(index);
    // Counts the ends of the cell's runs: a state alone would not tell the end of this run from that of the one before.
    const before = await this.page.evaluate((at) => {
      const { model } = (window as any).jupyterapp.shell.currentWidget.content.widgets[at];
      if (model.gradbookEnds === undefined) {
        model.gradbookEnds = 0;
        model.stateChanged.connect((_: unknown, { name, newValue }: { name: string; newValue: unknown }) => {
          if (name === "executionState" && newValue === "idle") model.gradbookEnds++;
        });
      }
      return model.gradbookEnds as number;
    }, index);
    await this.page.keyboard.press("Shift+Enter");
    return {
      ended: async (timeoutMs = WAIT_MS) => {
        await this.page.waitForFunction(
          ([at, ends]) => (window as any).jupyterapp.shell.currentWidget.content.widgets[at].model.gradbookEnds > ends,
          [index, before] as const,
          { timeout: timeoutMs },
        );
      },
    };
  }

  /** Runs a cell by Shift+Enter to its end. */
  async run(index: number, timeoutMs?: number): Promise<LabOutput[]> {
    const { ended } = await this.start(index);
    await ended(timeoutMs);
    return this.outputs(index);
  }

  /** The outputs of a cell as the notebook holds them now. */
  outputs(index: number): Promise<LabOutput[]> {
    return this.page.evaluate(
      (at) => (window as any).jupyterapp.shell.currentWidget.content.widgets[at].model.outputs.toJSON(),
      index,
    );
  }

  /** The execution count of a cell; null while it runs, and where it never has. */
  count(index: number): Promise<number | null> {
    return this.page.evaluate(
      (at) => (window as any).jupyterapp.shell.currentWidget.content.widgets[at].model.executionCount,
      index,
    );
  }

  /** Waits until the outputs of a cell contain something, as a user sees them. */
  async waitForText(index: number, text: string, timeoutMs?: number): Promise<void> {
    const found = this.output(index).filter({ hasText: text }).first();
    await found.waitFor(timeoutMs === undefined ? {} : { timeout: timeoutMs });
  }

  /** The toolbar's square. */
  async interrupt(): Promise<void> {
    await this.page.locator('.jp-NotebookPanel-toolbar [data-jp-item-name="interrupt"]').click();
  }

  /** The toolbar's arrow, and yes to its question. */
  async restart(): Promise<void> {
    const id = await this.#kernelStarts();
    await this.page.locator('.jp-NotebookPanel-toolbar [data-jp-item-name="restart"]').click();
    await this.page.locator(".jp-Dialog button.jp-mod-accept").click();
    await this.page.waitForFunction((before) => (window as any).gradbookStarts > before, id);
    await this.ready();
  }

  /** How often the kernel has been seen to restart. */
  #kernelStarts(): Promise<number> {
    return this.page.evaluate(() => {
      const page = window as any;
      if (page.gradbookStarts === undefined) {
        page.gradbookStarts = 0;
        page.jupyterapp.shell.currentWidget.sessionContext.statusChanged.connect((_: unknown, status: string) => {
          if (status === "restarting" || status === "autorestarting") page.gradbookStarts++;
        });
      }
      return page.gradbookStarts as number;
    });
  }

  /** Saves by Ctrl+S and gives the file. */
  async save(): Promise<{ cells: { outputs?: LabOutput[] }[]; metadata: any }> {
    await this.page.keyboard.press("Control+s");
    await this.page.waitForFunction(() => !(window as any).jupyterapp.shell.currentWidget.context.model.dirty);
    return JSON.parse(readFileSync(this.#file, "utf8"));
  }

  /** Loads the page anew: what it then shows is what was saved. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.ready();
  }

  /** A picture of the tab, as .cache/screenshots/<name>.png. */
  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
  }

  async close(): Promise<void> {
    await this.page.close();
  }
}
