import { THREAD } from "../target.ts";
import type { Command } from "./index.ts";

export const threads: Command = () => ({ threads: [{ id: THREAD, name: "Cells" }] });

export const stackTrace: Command = ({ startFrame = 0, levels = 0 }, on) => {
  const frames = on.pause?.frames ?? [];
  const start = Number(startFrame);
  const end = Number(levels) > 0 ? start + Number(levels) : frames.length;
  const shown = frames
    .slice(start, end)
    .map(({ id, name, line, column, source }) => ({ id, name, line, column, source }));
  return { stackFrames: shown, totalFrames: frames.length };
};

export const scopes: Command = async ({ frameId }, on) => ({
  scopes: await on.paused.scopes(on.paused.frame(frameId)),
});

export const goOn: Command = async (_args, on) => {
  if (on.pause) await on.resume();
  return { allThreadsContinued: true };
};
export const next: Command = async (_args, on) => (await on.step("stepOver"), {});
export const stepIn: Command = async (_args, on) => (await on.step("stepInto"), {});
export const stepOut: Command = async (_args, on) => (await on.step("stepOut"), {});
/** Stops at the next statement that runs; where none does, when one will. */
export const pause: Command = async (_args, on) => {
  if (!on.isStarted) throw new Error("pause: the debugger is not started. Send initialize first.");
  if (!on.pause) await on.target.send("Debugger.pause");
  return {};
};
