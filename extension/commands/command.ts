import type * as vscode from "vscode";
import type { Debugging } from "../debug/debugging.ts";
import type { Doctor } from "../doctor.ts";
import type { Interrupts } from "../interrupts.ts";
import type { Kernels } from "../kernels.ts";
import type { Selection } from "../selection.ts";
import type { StaleMarks } from "../stale/staleMarks.ts";
import type { VariablesView } from "../variables/view.ts";

/** What commands may use. */
export interface CommandContext {
  kernels: Kernels;
  interrupts: Interrupts;
  selection: Selection;
  stale: StaleMarks;
  variables: VariablesView;
  debugging: Debugging;
  doctor: Doctor;
  log: vscode.LogOutputChannel;
}

/** A command of the palette. Its title, keys and places in menus are in package.json. */
export interface Command {
  id: `gradbook.${string}`;
  run(context: CommandContext, ...args: unknown[]): Promise<void> | void;
}
