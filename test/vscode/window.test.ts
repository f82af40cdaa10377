import assert from "node:assert/strict";
import * as vscode from "vscode";
import { pageDriver, perform } from "./page.ts";

describe("the window", () => {
  it("is a VS Code that runs notebooks", () => {
    assert.match(vscode.version, /^1\.\d+\.\d+/);
    assert.ok(vscode.extensions.getExtension("vscode.ipynb"), "VS Code's own ipynb extension");
  });
  if (pageDriver) {
    it("is driven with real keys", async () => {
      await perform("press", { key: "F1" });
      assert.equal(await perform("page", { script: "!!document.querySelector('.quick-input-widget')" }), true);
      await perform("press", { key: "Escape" });
    });
  }
});
