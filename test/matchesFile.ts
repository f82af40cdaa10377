import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Compares with a file under test/golden that was looked at when it was committed. `UPDATE=1` writes the file; without
 * it a missing file fails, so that a forgotten one is noticed.
 */
export function matchesFile(path: string, content: string): void {
  const file = fileURLToPath(new URL(`golden/${path}`, import.meta.url));
  if (process.env["UPDATE"] === "1") {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return;
  }
  assert.ok(existsSync(file), `test/golden/${path} is missing: run again with UPDATE=1, look at it, commit it.`);
  const want = readFileSync(file, "utf8");
  if (content === want) return;
  const at = [...content].findIndex((c, i) => c !== want[i]);
  const near = (text: string) => text.slice(Math.max(0, at - 60), at + 60);
  assert.fail(
    `test/golden/${path} differs at character ${at}:\n  was  …${near(want)}…\n  now  …${near(content)}…\nIf the new one is right: UPDATE=1, look at it, commit it.`,
  );
}
