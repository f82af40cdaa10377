import { codePointOffset, utf16Offset } from "../codePoints.ts";
import type { Handler } from "../handler.ts";
import type { LanguageMethods } from "../language.ts";

/** What may stand at the cursor, after all cells that were executed. Asks the language service: no code of the user runs. */
export const complete: Handler<"complete_request"> = async ({ code, cursor_pos = Infinity }, { session }) => {
  const request = { method: "text/completion", params: { text: code, offset: utf16Offset(code, cursor_pos) } } as const;
  const found = (await session.language(request)) as LanguageMethods["text/completion"]["result"];
  const cursor_start = codePointOffset(code, found.start);
  const cursor_end = codePointOffset(code, found.end);
  const types = found.items.map(({ text, type }) => ({ start: cursor_start, end: cursor_end, text, type }));
  return {
    status: "ok",
    matches: found.items.map(({ text }) => text),
    cursor_start,
    cursor_end,
    // Front ends show these as icons (JupyterLab, IPython's own name for the field).
    metadata: { _jupyter_types_experimental: types },
  };
};
