import * as vscode from "vscode";
import type { Command } from "./command.ts";
import { variableOf } from "./variableOf.ts";

/** Copies what code writes to reach a variable, or what is inside one: "model.layer1.weight". */
export const copyVariableName: Command = {
  id: "gradbook.copyVariableName",
  async run(_context, argument) {
    const expression = variableOf(argument)?.expression;
    if (expression !== undefined) await vscode.env.clipboard.writeText(expression);
  },
};
