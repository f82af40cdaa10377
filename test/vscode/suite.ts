/** The whole suite, for the extension loaded from this checkout. */
import { createRun } from "./entry.ts";

export const run = createRun([
  () => {
    require("./window.test.ts");
    require("./execution.test.ts");
    require("./editing.test.ts");
    require("./kernel.test.ts");
    require("./selection.test.ts");
  },
]);
