import type { Handler } from "../handler.ts";
import type { LanguageMethods } from "../language.ts";

/** Whether a console should run the text or ask for another line; nothing is executed. */
export const isComplete: Handler<"is_complete_request"> = async ({ code }, { session }) => {
  try {
    const request = { method: "text/isComplete", params: { text: code } } as const;
    return (await session.language(request)) as LanguageMethods["text/isComplete"]["result"];
  } catch {
    // A console must not wait for more lines because of us: it decides by itself.
    return { status: "unknown" };
  }
};
