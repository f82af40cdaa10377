import type { JsonObject } from "../../protocol/messages.ts";
import type { Debugger } from "../debugger.ts";
import { valueOf, type Frame } from "../pause.ts";
import type { RemoteObject } from "../target.ts";
import { IN_WORKER, type Listed } from "../worker.ts";
import type { Command } from "./index.ts";

export const variables: Command = async ({ variablesReference, start = 0, count = 0 }, on) => {
  const reference = Number(variablesReference);
  const listed =
    (await on.pause?.list(reference)) ?? ((await on.evaluate(`${IN_WORKER}.children(${reference})`)) as Listed[]);
  const from = Number(start);
  const to = Number(count) > 0 ? from + Number(count) : listed.length;
  return { variables: on.shown(listed.slice(from, to)) };
};

/** Of an expression where the code is paused. */
export const evaluate: Command = async ({ expression, frameId }, on) => {
  if (typeof expression !== "string") throw new TypeError("evaluate: expression must be a text.");
  const { value, type, variablesReference } = await evaluated(on, on.paused.frame(frameId), expression);
  return { result: value, type, variablesReference };
};

export const setVariable: Command = async ({ variablesReference, name, value }, on) => {
  if (typeof name !== "string" || typeof value !== "string")
    throw new TypeError("setVariable: name and value must be texts.");
  const reference = Number(variablesReference);
  const frame = on.paused.frameOf(reference);
  if (!frame) {
    const set = `${IN_WORKER}.setMember(${reference}, ${JSON.stringify(name)}, (${value}))`;
    return answer((await plain(on, on.paused.frame(undefined), set)) as Listed);
  }
  const here = (await on.paused.list(reference))!.some((each) => each.name === name);
  if (!here) throw new Error(`setVariable: there is no variable ${name} in this list.`);
  if (!(await on.paused.sees(frame, name))) {
    const set = `${IN_WORKER}.define(${JSON.stringify(name)}, (${value}))`;
    return answer((await plain(on, frame, set)) as Listed);
  }
  return answer(await evaluated(on, frame, `${await on.paused.pathTo(frame, name)} = (${value})`));
};

const answer = ({ value, type, variablesReference }: Listed): JsonObject => ({ value, type, variablesReference });

/** What an expression of ours gives in a frame, as plain data. */
export async function plain(on: Debugger, frame: Frame, expression: string): Promise<unknown> {
  const { callFrameId } = frame.call;
  return valueOf(
    await on.target.send("Debugger.evaluateOnCallFrame", {
      callFrameId,
      expression,
      returnByValue: true,
      silent: true,
    }),
  );
}

/** What an expression of the user gives in a frame, for a list. */
async function evaluated(on: Debugger, frame: Frame, expression: string): Promise<Listed> {
  const { callFrameId } = frame.call;
  const held = { objectGroup: "gradbook" };
  const reply = await on.target.send("Debugger.evaluateOnCallFrame", {
    callFrameId,
    expression,
    silent: true,
    ...held,
  });
  valueOf(reply);
  const result = reply["result"] as RemoteObject;
  const argument = result.objectId
    ? { objectId: result.objectId }
    : result.unserializableValue !== undefined
      ? { unserializableValue: result.unserializableValue }
      : { value: result.value };
  const view = await on.target.send("Debugger.evaluateOnCallFrame", { callFrameId, expression: IN_WORKER, ...held });
  const looked = await on.target.send("Runtime.callFunctionOn", {
    objectId: (view["result"] as RemoteObject).objectId,
    functionDeclaration: "function (value) { return this.look(value); }",
    arguments: [argument],
    returnByValue: true,
    silent: true,
  });
  await on.target.send("Runtime.releaseObjectGroup", held);
  return valueOf(looked) as Listed;
}
