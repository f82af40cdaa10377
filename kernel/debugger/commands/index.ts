/** Every command of `debug_request`: one line for each. The first part is the protocol's, the second one is Jupyter's. */
import type { JsonObject } from "../../protocol/messages.ts";
import type { Debugger } from "../debugger.ts";
import { setBreakpoints, setExceptionBreakpoints } from "./breakpoints.ts";
import { attach, configurationDone, disconnect, initialize } from "./life.ts";
import { copyToGlobals, debugInfo, dumpCell, inspectVariables, richInspectVariables } from "./jupyter.ts";
import { modules, source } from "./sources.ts";
import { goOn, next, pause, scopes, stackTrace, stepIn, stepOut, threads } from "./thread.ts";
import { evaluate, setVariable, variables } from "./values.ts";

/** Turns the arguments of a request into the body of its response, or throws what the response says. */
export type Command = (args: JsonObject, on: Debugger) => JsonObject | Promise<JsonObject>;

export const commands: { readonly [command: string]: Command } = {
  initialize,
  attach,
  configurationDone,
  disconnect,
  setBreakpoints,
  setExceptionBreakpoints,
  threads,
  stackTrace,
  scopes,
  variables,
  setVariable,
  evaluate,
  source,
  modules,
  continue: goOn,
  next,
  stepIn,
  stepOut,
  pause,

  debugInfo,
  dumpCell,
  inspectVariables,
  richInspectVariables,
  copyToGlobals,
};
