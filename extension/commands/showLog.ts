import type { Command } from "./command.ts";

/** Shows Gradbook's log, with what works on this machine. */
export const showLog: Command = {
  id: "gradbook.showLog",
  async run({ log, doctor }) {
    log.show(true);
    await doctor.report();
  },
};
