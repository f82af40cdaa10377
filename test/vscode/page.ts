/** The tests' end of the bridge (bridge.ts): asks whoever drives the page to act on it. */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, rmSync, watch } from "node:fs";
import { join } from "node:path";
import { MARK, TEST_OUTPUT } from "./mark.ts";
import type { Operation, Operations, Reply } from "./bridge.ts";

/** Folder of the bridge; undefined in a desktop VS Code, which nobody drives. */
export const pageDriver = process.env.GRADBOOK_E2E_BRIDGE;

/** Performs one operation on the page and returns its value. */
export async function perform<O extends Operation>(operation: O, options: Operations[O]): Promise<unknown> {
  if (!pageDriver) throw new Error(`${operation}: nobody drives the page of a desktop VS Code.`);
  const id = randomUUID();
  const file = join(pageDriver, `${id}.json`);
  const replied = new Promise<void>((resolve) => {
    const watcher = watch(pageDriver!, () => {
      if (!existsSync(file)) return;
      watcher.close();
      resolve();
    });
  });
  console.log(MARK + JSON.stringify({ id, operation, options }));
  await replied;
  const { value, error } = JSON.parse(readFileSync(file, "utf8")) as Reply;
  rmSync(file);
  if (error !== undefined) throw new Error(`${operation} ${JSON.stringify(options)}: ${error}`);
  return value;
}

/** A picture of the window, as .cache/screenshots/<name>.png. */
export async function screenshot(name: string): Promise<void> {
  await perform("screenshot", { path: join(process.env.GRADBOOK_E2E_ROOT!, ".cache/screenshots", `${name}.png`) });
}

/** Prints a line among the tests' own. */
export const report = (text: string): void => console.log(pageDriver ? TEST_OUTPUT + text : text);

export const press = (key: string): Promise<unknown> => perform("press", { key });
export const click = (selector: string): Promise<unknown> => perform("click", { selector });
export const clickInOutput = (selector: string): Promise<unknown> => perform("clickOutput", { selector });
/** The value of an expression in the workbench. */
export const onPage = <T>(script: string): Promise<T> => perform("page", { script }) as Promise<T>;
/** The values of an expression in the webviews with outputs; a window may still hold those of closed notebooks. */
export const inWebview = <T>(script: string): Promise<T[]> => perform("webview", { script }) as Promise<T[]>;
