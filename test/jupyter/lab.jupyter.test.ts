/** JupyterLab in a real browser, used as people use it: by keys and by the buttons of a notebook's toolbar. */
import assert from "node:assert/strict";
import { Lab, notebookOf } from "./lab.ts";

describe("JupyterLab", function () {
  this.timeout(180_000);
  let lab: Lab;
  before(async () => {
    lab = await Lab.start({
      files: {
        "cells.ipynb": notebookOf(
          "let total = 20 + 1;\ntotal * 2",
          'console.log("counting");\nfor (;;) total++;',
          "total > 21",
        ),
      },
    });
  });
  after(() => lab?.close());

  it("runs a cell, stops an endless loop with its variables kept, forgets them at a restart, and saves", async () => {
    const notebook = await lab.open("cells.ipynb");
    const text = async (index: number) => (await notebook.run(index)).map(({ data }) => data?.["text/plain"]);
    assert.deepEqual(await text(0), ["42"]);

    const endless = await notebook.start(1);
    const behind = await notebook.start(2);
    await notebook.waitForText(1, "counting");
    await notebook.interrupt();
    await endless.ended();
    await behind.ended();
    assert.deepEqual([await notebook.count(1), await notebook.count(2)], [2, null], "no number for what did not run");
    assert.deepEqual(
      (await notebook.outputs(1)).map(({ ename }) => ename),
      [undefined, "Interrupted"],
    );
    assert.deepEqual(await text(2), ["true"]);

    await notebook.restart();
    assert.deepEqual(
      (await notebook.run(2)).map(({ evalue }) => evalue),
      ["total is not defined"],
    );
    const { metadata, cells } = await notebook.save();
    assert.equal(metadata.kernelspec.name, "gradbook");
    assert.equal(metadata.language_info.name, "typescript");
    assert.deepEqual(cells[0]!.outputs![0]!.data!["text/plain"], ["42"]);
    assert.equal((await lab.ask("api/kernels")).length, 1);
    await notebook.close();
  });
});
