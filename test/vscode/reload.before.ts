import { writeFileSync } from "node:fs";
import path from "node:path";
import { openNew, shows, start, workspaceFolder } from "./notebooks.ts";
import { LEFT_FILE } from "./reloadFile.ts";

describe("a window that is reloaded", () => {
  it("has a cell running", async () => {
    const notebook = await openNew("reload.ipynb", ["'saved'", "console.log(process.pid); while (true) {}"]);
    await start(notebook, 1, 2);
    const pid = (await shows(notebook, 1, /^\d+\n/)).trim();
    writeFileSync(path.join(workspaceFolder(), LEFT_FILE), pid);
  });
});
