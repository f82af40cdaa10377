import type { Command } from "./command.ts";

/** Lists the variables from A to Z. */
export const sortVariablesByName: Command = {
  id: "gradbook.sortVariablesByName",
  run: ({ variables }) => variables.sortBy("name"),
};
