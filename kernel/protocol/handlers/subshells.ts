import type { Handler } from "../handler.ts";

/** A queue of its own for cells; requests name it in their header. */
export const createSubshell: Handler<"create_subshell_request"> = (_content, { subshells }) => ({
  status: "ok",
  subshell_id: subshells.create(),
});

export const deleteSubshell: Handler<"delete_subshell_request"> = ({ subshell_id }, { subshells }) => {
  subshells.delete(subshell_id);
  return { status: "ok" };
};

/** Their ids, without the main shell, which has none. */
export const listSubshells: Handler<"list_subshell_request"> = (_content, { subshells }) => ({
  status: "ok",
  subshell_id: subshells.ids,
});
