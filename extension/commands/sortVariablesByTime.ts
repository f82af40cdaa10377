import type { Command } from "./command.ts";

/** Lists the variables in the order in which cells last defined them. */
export const sortVariablesByTime: Command = {
  id: "gradbook.sortVariablesByTime",
  run: ({ variables }) => variables.sortBy("time"),
};
