import type { Handler } from "../handler.ts";
import { SESSION, type HistoryEntry } from "../history.ts";

/** Earlier inputs: the last ones, a range of lines, or those that match a pattern. */
export const history: Handler<"history_request"> = (content, { history }) => {
  const {
    output = false,
    hist_access_type,
    n,
    session = 0,
    start = 0,
    stop = null,
    pattern = "*",
    unique = false,
  } = content;
  const found = (): HistoryEntry[] => {
    switch (hist_access_type) {
      case "tail":
        return history.tail(n ?? 10);
      case "range":
        return history.range(session, start, stop);
      case "search":
        return history.search(pattern, n, unique);
    }
  };
  return {
    status: "ok",
    history: found().map(({ line, input, output: value }) => [SESSION, line, output ? [input, value ?? null] : input]),
  };
};
