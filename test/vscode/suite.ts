/** The whole suite, for the extension loaded from this checkout. */
import { createRun } from "./entry.ts";

// require, and not import: the window is reloaded between the parts, and each registers only its own tests.
export const run = createRun([
  () => {
    require("./window.test.ts");
    require("./execution.test.ts");
    require("./editing.test.ts");
    require("./editor.test.ts");
    require("./kernel.test.ts");
    require("./debug.test.ts");
    require("./output.test.ts");
    require("./life.test.ts");
    require("./lifeCells.test.ts");
    require("./lifeEnds.test.ts");
    require("./selection.test.ts");
    require("./figure.test.ts");
    require("./flagship.test.ts");
    require("./widgets.test.ts");
    require("./variables.test.ts");
    require("./variablesStale.test.ts");
    require("./reload.before.ts");
  },
  () => {
    require("./reload.after.ts");
  },
]);
