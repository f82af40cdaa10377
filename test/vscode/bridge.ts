/**
 * What the tests cannot do from inside the extension host, done to the page: real keys, clicks, screenshots, and looks
 * into the webview that holds the outputs.
 *
 * A test prints one line, MARK and a JSON `Request`, and waits for the file `<id>.json` in the bridge's folder.
 */
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ElementHandle, Page } from "playwright-core";

export interface Operations {
  screenshot: { path: string };
  press: { key: string };
  type: { text: string };
  /** Clicks an element of the workbench. */
  click: { selector: string; modifiers?: ("Control" | "Alt" | "Shift" | "Meta")[] };
  hover: { selector: string };
  /** Evaluates an expression in the workbench. */
  page: { script: string };
  /** Evaluates an expression in every webview; the replies of those that could. */
  webview: { script: string };
  /** Clicks an element inside a webview. */
  clickOutput: { selector: string; modifiers?: ("Control" | "Alt" | "Shift" | "Meta")[] };
  /** Presses the mouse in the middle of an element inside a webview, and drags it by so many pixels. */
  dragOutput: { selector: string; by: number };
  reload: object;
}
export type Operation = keyof Operations;
export type Request = { [O in Operation]: { id: string; operation: O; options: Operations[O] } }[Operation];
export type Reply = { value?: unknown; error?: string };

const TIMEOUT_MS = 15_000;
const FRAME_MS = 2_000;

export function createBridge(page: Page, folder: string): (request: Request) => Promise<void> {
  const webviews = () => page.frames().filter((frame) => frame.url().includes("/fake.html"));

  /** Closed notebooks leave their webviews behind for a while, so the frame is the one that has the element. */
  async function inOutputs(selector: string): Promise<ElementHandle<HTMLElement | SVGElement>> {
    for (const frame of webviews()) {
      const element = await within(FRAME_MS, frame.$(selector)).catch(() => null);
      if (element) return element as ElementHandle<HTMLElement | SVGElement>;
    }
    throw new Error(`no webview has an element ${selector}`);
  }

  async function perform({ operation, options }: Request): Promise<unknown> {
    switch (operation) {
      case "screenshot":
        return void (await page.screenshot({ path: options.path }));
      case "press":
        return page.keyboard.press(options.key);
      case "type":
        return page.keyboard.type(options.text);
      case "click":
        return page.click(options.selector, { timeout: TIMEOUT_MS, modifiers: options.modifiers ?? [] });
      case "hover":
        return page.hover(options.selector, { timeout: TIMEOUT_MS });
      case "page":
        return page.evaluate(options.script);
      case "webview": {
        // A webview that is being loaded or hidden may never answer.
        const replies = await Promise.allSettled(
          webviews().map((frame) => within(FRAME_MS, frame.evaluate(options.script))),
        );
        return replies.filter((reply) => reply.status === "fulfilled").map((reply) => reply.value);
      }
      case "clickOutput": {
        const element = await inOutputs(options.selector);
        return element.click({ timeout: TIMEOUT_MS, modifiers: options.modifiers ?? [] });
      }
      case "dragOutput": {
        const element = await inOutputs(options.selector);
        await element.scrollIntoViewIfNeeded();
        const { x, y, width, height } = (await element.boundingBox())!;
        const [fromX, fromY] = [x + width / 2, y + height / 2];
        await page.mouse.move(fromX, fromY);
        await page.mouse.down();
        await page.mouse.move(fromX + options.by, fromY, { steps: 40 });
        return page.mouse.up();
      }
      case "reload":
        return void (await page.reload({ waitUntil: "commit" }));
    }
  }

  return async (request) => {
    let reply: Reply;
    try {
      reply = { value: await perform(request) };
    } catch (error) {
      reply = { error: String(error) };
    }
    const file = join(folder, `${request.id}.json`);
    writeFileSync(`${file}.new`, JSON.stringify(reply));
    renameSync(`${file}.new`, file);
  };
}

function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  return Promise.race([
    promise,
    new Promise<never>((_, reject) => setTimeout(reject, ms, new Error(`no answer within ${ms} ms`)).unref()),
  ]);
}
