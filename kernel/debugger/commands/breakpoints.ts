import { requestedOf } from "../breakpoints.ts";
import type { Command } from "./index.ts";
import { EXCEPTION_FILTERS } from "./life.ts";

export const setBreakpoints: Command = async ({ source, breakpoints }, on) => {
  const path = (source as { path?: unknown } | undefined)?.path;
  if (typeof path !== "string") throw new TypeError("setBreakpoints: source.path must be the path that dumpCell gave.");
  return { breakpoints: await on.breakpoints.set(path, requestedOf(breakpoints)) };
};

export const setExceptionBreakpoints: Command = async ({ filters }, on) => {
  const given = Array.isArray(filters) ? filters : [];
  const unknown = given.find((each) => !EXCEPTION_FILTERS.some(({ filter }) => filter === each)) as unknown;
  if (unknown !== undefined) {
    const known = EXCEPTION_FILTERS.map(({ filter }) => filter).join(", ");
    throw new TypeError(`setExceptionBreakpoints: no filter ${JSON.stringify(unknown)}. Filters: ${known}.`);
  }
  if (on.isStarted) {
    const state = given.includes("all") ? "all" : given.includes("uncaught") ? "uncaught" : "none";
    await on.target.send("Debugger.setPauseOnExceptions", { state });
  }
  return { breakpoints: [] };
};
