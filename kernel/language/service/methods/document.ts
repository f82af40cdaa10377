import type { Method } from "../method.ts";

export const open: Method<"notebook/open"> = ({ notebook }, { cells }) => {
  notebook.open(cells);
  return null;
};

export const change: Method<"notebook/change"> = ({ notebook }, { order, changed }) => {
  notebook.change(order, changed);
  return null;
};
