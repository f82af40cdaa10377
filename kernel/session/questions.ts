/** What the supervisor may ask the thread that holds the variables, beside running cells: one line for each question. */
import { describeError, type StackMaps } from "./stack.ts";
import type { ErrorContent, JsonObject } from "../protocol/messages.ts";

/** Answers with plain data, or throws. */
export type Question = (params: JsonObject) => unknown;
export type Questions = { readonly [name: string]: Question };

export type Answer = { ok: true; result: unknown } | { ok: false; error: ErrorContent };

export async function answer(questions: Questions, name: string, params: JsonObject, maps: StackMaps): Promise<Answer> {
  try {
    if (!Object.hasOwn(questions, name)) {
      throw new Error(
        `The kernel knows no question "${name}". It knows: ${Object.keys(questions).join(", ") || "none"}.`,
      );
    }
    return { ok: true, result: await questions[name]!(params) };
  } catch (error) {
    return { ok: false, error: describeError(error, maps) };
  }
}
