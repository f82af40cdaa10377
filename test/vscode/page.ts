/** The tests' end of the bridge (bridge.ts): asks whoever drives the page to act on it. */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync, rmSync, watch } from "node:fs";
import { join } from "node:path";
import { MARK } from "./mark.ts";
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
