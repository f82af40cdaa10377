import { activeNotebook } from "./activeNotebook.ts";
import type { Command } from "./command.ts";

/** The stop button, also when no cell runs: timers that earlier cells left running are stopped too. */
export const interrupt: Command = {
  id: "gradbook.interrupt",
  async run({ interrupts }, argument) {
    const notebook = activeNotebook(argument);
    if (notebook) await interrupts.stop(notebook);
  },
};
