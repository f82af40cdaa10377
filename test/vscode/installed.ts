/** The shorter suite, for the packed extension installed into a VS Code. */
import { createRun } from "./entry.ts";

export const run = createRun([
  () => {
    require("./installed.test.ts");
    require("./window.test.ts");
  },
]);
