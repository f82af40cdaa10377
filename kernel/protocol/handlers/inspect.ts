import { utf16Offset } from "../codePoints.ts";
import type { Handler } from "../handler.ts";
import type { LanguageMethods } from "../language.ts";

/** What stands at the cursor: its type and documentation, by the language service. No code of the user runs. */
export const inspect: Handler<"inspect_request"> = async ({ code, cursor_pos = Infinity }, { session }) => {
  const request = { method: "text/hover", params: { text: code, offset: utf16Offset(code, cursor_pos) } } as const;
  const found = (await session.language(request)) as LanguageMethods["text/hover"]["result"];
  const data = found ? { "text/plain": found.plain, "text/markdown": found.markdown } : {};
  return { status: "ok", found: found !== null, data, metadata: {} };
};
