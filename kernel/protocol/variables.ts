/**
 * What a list of the session's variables asks, and what it gets; carried by `gradbook_variables_request`. Nothing of it runs
 * code of the user: no getters, no `toString`, no traps of proxies. The kernel answers as soon as the running cell computes
 * nothing, also while that cell awaits something.
 */

/** What a value is, for the picture beside its name. */
export type VariableKind =
  | "nothing"
  | "boolean"
  | "number"
  | "string"
  | "symbol"
  | "function"
  | "class"
  | "array"
  | "map"
  | "object"
  | "date"
  | "error"
  | "promise"
  | "namespace"
  | "proxy"
  | "tensor"
  | "module"
  | "optimizer"
  /** Not a value, but some elements of a long one, or the key and value of a map's entry. */
  | "part"
  /** A getter, which is not called. */
  | "getter"
  /** It was there when its parent was listed, and is no more. */
  | "gone";

export interface VariableNode {
  /** The step to it from its parent. A path is a variable's name, then steps. */
  key: string;
  name: string;
  kind: VariableKind;
  /** Its class, or what `typeof` says. */
  type: string;
  /** One short line. */
  value: string;
  expandable: boolean;
  /** Number of elements or characters. */
  length?: number;
  shape?: number[];
  /** Memory of its elements. */
  bytes?: number;
  /** What code writes after the parent to reach it: ".layer1", "[0]"; absent where nothing does. */
  access?: string;
}

export interface SessionVariable extends VariableNode {
  role: "variable" | "function" | "import";
  constant: boolean;
  /** Execution count of the cell that last declared or changed it; absent when no cell did. */
  cell?: number;
  /** What was first defined later has a larger number. */
  order: number;
}

/** Bytes that something uses, and the most it ever did if that is known. */
export interface MemoryPart {
  label: string;
  bytes: number;
  peak?: number;
}

export interface VariableList {
  /** By name, at most `MOST_VARIABLES` of them. */
  variables: SessionVariable[];
  total: number;
  memory: MemoryPart[];
}
export const MOST_VARIABLES = 10_000;

/** Of the finite elements; see kernel/tensor/statistics.ts. */
export interface VariableStatistics {
  size: number;
  sampled: number;
  nan: number;
  infinite: number;
  min: number;
  max: number;
  mean: number;
  std: number;
  histogram: number[];
}

export interface VariableDetails {
  type: string;
  /** A longer preview. */
  value: string;
  facts: [label: string, text: string][];
  statistics?: VariableStatistics;
}

export interface VariablesMethods {
  list: { params: object; result: VariableList };
  children: { params: { path: string[] }; result: VariableNode[] };
  details: { params: { path: string[] }; result: VariableDetails };
  /** The whole value, to be copied. */
  text: { params: { path: string[] }; result: string };
}
export type VariablesMethod = keyof VariablesMethods;
export type VariablesRequest = {
  [M in VariablesMethod]: { method: M; params: VariablesMethods[M]["params"] };
}[VariablesMethod];
