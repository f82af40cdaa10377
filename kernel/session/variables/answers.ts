/** The question `variables`: what the session's variables are, what is inside one, and more about one. */
import type { Declared } from "../../language/transform.ts";
import type { JsonObject } from "../../protocol/messages.ts";
import {
  MOST_VARIABLES,
  type MemoryPart,
  type SessionVariable,
  type VariableDetails,
  type VariableList,
  type VariablesMethod,
  type VariablesMethods,
} from "../../protocol/variables.ts";
import { described } from "./described.ts";
import { nodeOf, nodesInside, step } from "./inside.ts";
import { look, ONE_LINE, WHOLE, type Detail } from "./look.ts";
import { isObject } from "./natives.ts";

type DeclarationKind = Declared["kind"];

/** A variable that has a value now. */
export interface Known {
  name: string;
  kind: DeclarationKind;
  constant: boolean;
  value: unknown;
  /** Execution count of the cell that last declared or changed it; 0 when no cell did. */
  cell: number;
  order: number;
}
export interface VariablesOf {
  all(): Iterable<Known>;
  get(name: string): Known | undefined;
  memory(): MemoryPart[];
}

/** After this long, in ms, what is left is listed without what is inside. The cell that waits meanwhile comes first. */
const LIST_MS = 50;
const DETAIL_MS = 200;

type Answers = { [M in VariablesMethod]: (params: VariablesMethods[M]["params"]) => VariablesMethods[M]["result"] };

export function variableAnswers(session: VariablesOf): (request: JsonObject) => unknown {
  const answers: Answers = {
    list: () => list(session),
    children: ({ path }) => nodesInside(find(session, path), within(ONE_LINE, DETAIL_MS)),
    details: ({ path }) => details(session, path),
    text: ({ path }) => textOf(find(session, path)),
  };
  return ({ method, params }) => {
    if (!Object.hasOwn(answers, method as string)) {
      throw new TypeError(
        `variables: unknown method ${JSON.stringify(method)}. Methods: ${Object.keys(answers).join(", ")}.`,
      );
    }
    return answers[method as "text"](params as { path: string[] });
  };
}

function list(session: VariablesOf): VariableList {
  const detail = within(ONE_LINE, LIST_MS);
  const variables: SessionVariable[] = [];
  let total = 0;
  for (const known of session.all()) {
    if (++total <= MOST_VARIABLES) variables.push(variableNode(known, detail));
  }
  return { variables, total, memory: session.memory() };
}

function variableNode({ name, kind, constant, value, cell, order }: Known, detail: Detail): SessionVariable {
  const node = nodeOf({ key: name, name, value, access: name }, detail);
  const callable = node.kind === "function" || node.kind === "class";
  const role = kind === "import" ? "import" : callable ? "function" : "variable";
  return { ...node, role, constant, order, ...(cell > 0 && { cell }) };
}

function details(session: VariablesOf, path: string[]): VariableDetails {
  const value = find(session, path);
  const {
    type,
    value: text,
    length,
    bytes,
  } = look(value, within({ ...ONE_LINE, characters: 400, items: 20 }, DETAIL_MS));
  const known = isObject(value) ? described(value) : undefined;
  const facts: [string, string][] = (known?.facts ?? []).map(([label, fact]) => [label, fact]);
  if (length !== undefined) facts.push(["length", length.toLocaleString("en")]);
  if (bytes !== undefined) facts.push(["memory", `${bytes.toLocaleString("en")} bytes`]);
  return { type, value: text, facts, ...(known?.statistics && { statistics: known.statistics() }) };
}

/** The value as text, for the clipboard: a string as it is, everything else as it is listed, with more inside. */
function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  const known = isObject(value) ? described(value) : undefined;
  return known?.text?.() ?? look(value, within(WHOLE, 5 * DETAIL_MS)).value;
}

function within(detail: Omit<Detail, "until">, ms: number): Detail {
  return { ...detail, until: performance.now() + ms };
}

function find(session: VariablesOf, [name = "", ...steps]: string[]): unknown {
  const known = session.get(name);
  let at: { value: unknown } | undefined = known;
  for (const key of steps) at = at && step(at.value, key);
  if (!at)
    throw new ReferenceError(
      `${[name, ...steps].join(" ")} is there no more. The view shows what is there after a refresh.`,
    );
  return at.value;
}
