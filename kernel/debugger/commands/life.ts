import type { Command } from "./index.ts";

/** What `setExceptionBreakpoints` takes, in the order in which front ends list it. */
export const EXCEPTION_FILTERS = [
  { filter: "uncaught", label: "Uncaught errors", default: false },
  { filter: "all", label: "All errors", default: false },
] as const;

export const initialize: Command = async ({ clientID }, on) => {
  on.showsTypes = clientID !== "jupyterlab";
  await on.start();
  return {
    supportsConfigurationDoneRequest: true,
    supportsConditionalBreakpoints: true,
    supportsHitConditionalBreakpoints: true,
    supportsLogPoints: true,
    supportsEvaluateForHovers: true,
    supportsSetVariable: true,
    supportsModulesRequest: true,
    exceptionBreakpointFilters: EXCEPTION_FILTERS,
  };
};

/** The kernel is already there: from now on the front end may say where to stop. */
export const attach: Command = async (_args, on) => {
  await on.start();
  on.emit("initialized", {});
  return {};
};

export const configurationDone: Command = () => ({});

/** What is paused goes on. */
export const disconnect: Command = async (_args, on) => {
  await on.stop();
  return {};
};
