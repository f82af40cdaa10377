import type { Handler } from "../handler.ts";
import type { Page } from "../messages.ts";
import { RequestFailed } from "../requestFailed.ts";

/** Runs a cell: input, outputs, then its value or its error, and the same error again in the reply. */
export const execute: Handler<"execute_request"> = async (content, context) => {
  const { session, publish, parent, cellId, counter, history, metadata } = context;
  const { code, silent = false, store_history = true, user_expressions = {}, allow_stdin = false } = content;
  const counts = store_history && !silent;
  const execution_count = counts ? ++counter.value : counter.value;
  if (!silent) publish("execute_input", { code, execution_count });

  const outcome = await session.execute({
    code,
    executionCount: execution_count,
    silent,
    userExpressions: user_expressions,
    allowStdin: allow_stdin,
    cellId,
    parent,
  });
  if (outcome.dependencies) metadata["gradbook_dependencies"] = outcome.dependencies;
  if (counts) {
    const shown = outcome.status === "ok" ? outcome.value?.["text/plain"] : undefined;
    history.add({ line: execution_count, input: code, output: shown as string | undefined });
  }
  const payload = (outcome.pages ?? []).map((data): Page => ({ source: "page", data, start: 0 }));
  if (outcome.status === "error") {
    if (!silent) publish("error", outcome.error);
    throw new RequestFailed(outcome.error, { execution_count, ...(payload.length > 0 && { payload }) });
  }
  if (outcome.value !== undefined && !silent) {
    publish("execute_result", { execution_count, data: outcome.value, metadata: {}, transient: {} });
  }
  return { status: "ok", execution_count, user_expressions: outcome.userExpressions, payload };
};
