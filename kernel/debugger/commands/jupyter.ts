import { CELL_HASH, cellSource } from "../../protocol/cellSource.ts";
import type { JsonObject } from "../../protocol/messages.ts";
import { THREAD } from "../target.ts";
import { IN_WORKER } from "../worker.ts";
import type { Command } from "./index.ts";
import { plain } from "./values.ts";

/** For a front end that has just come: how it names cells, what is set, and what stands still. */
export const debugInfo: Command = (_args, on) => ({
  isStarted: on.isStarted,
  hashMethod: CELL_HASH.method,
  hashSeed: CELL_HASH.seed,
  tmpFilePrefix: on.prefix,
  tmpFileSuffix: CELL_HASH.suffix,
  breakpoints: on.breakpoints.all(),
  stoppedThreads: on.pause ? [THREAD] : [],
  richRendering: true,
  exceptionPaths: [],
  copyToGlobals: true,
});

/** Under which path a cell's text is known. No file is written: text and path are all that anybody needs. */
export const dumpCell: Command = ({ code }, on) => {
  if (typeof code !== "string") throw new TypeError("dumpCell: code must be the text of a cell.");
  const sourcePath = cellSource(on.prefix, code);
  on.texts.set(sourcePath, code);
  return { sourcePath };
};

/** The session's variables, also while a cell runs. */
export const inspectVariables: Command = async (_args, on) => ({ variables: on.shown(await on.variables()) });

/** A variable as a cell would show it. */
export const richInspectVariables: Command = async ({ variableName, frameId }, on) => {
  if (typeof variableName !== "string") throw new TypeError("richInspectVariables: variableName must be a name.");
  if (!on.pause) return (await on.target.ask("debug/show", { name: variableName })) as JsonObject;
  const frame = on.pause.frame(frameId);
  const path = await on.pause.pathTo(frame, checked(variableName));
  return (await plain(on, frame, `${IN_WORKER}.bundle(() => ${path})`)) as JsonObject;
};

/** A local of a paused function becomes a variable of the session. */
export const copyToGlobals: Command = async ({ srcVariableName, dstVariableName, srcFrameId }, on) => {
  const frame = on.paused.frame(srcFrameId);
  const path = await on.paused.pathTo(frame, checked(srcVariableName));
  await plain(on, frame, `${IN_WORKER}.define(${JSON.stringify(checked(dstVariableName))}, ${path})`);
  return {};
};

function checked(name: unknown): string {
  if (typeof name === "string" && /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)) return name;
  throw new TypeError(`${JSON.stringify(name)} is no name of a variable.`);
}
