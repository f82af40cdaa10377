/** The small version of `npm run bench jupyter`: it runs, and prints its figures. How fast is for the benchmark to say. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";

describe("npm run bench jupyter", function () {
  this.timeout(120_000);
  it("prints a ratio for each start and each cell", () => {
    const file = path.resolve(import.meta.dirname, "../bench/jupyter.ts");
    const { stdout, stderr, status } = spawnSync(process.execPath, [file, "--starts", "1", "--cells", "3"], {
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    assert.equal([...stdout.matchAll(/gradbook +\d.*ipykernel +\d.*ratio \d/g)].length, 4, stdout);
  });
});
