/**
 * What each request must hold, checked once, before its handler sees it. A front end that sends nonsense gets an error reply
 * which says what came and what is needed.
 */
import type { JsonObject, RequestContent, RequestType } from "./messages.ts";
import { RequestFailed } from "./requestFailed.ts";

interface Kind {
  /** Ends the sentence "must be …". */
  name: string;
  is(value: unknown): boolean;
}
interface Field extends Kind {
  needed: boolean;
}

const needed = (kind: Kind): Field => ({ ...kind, needed: true });
/** Absent or null: front ends in Python send null for what they leave out. */
const optional = (kind: Kind): Field => ({ ...kind, needed: false });

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const text: Kind = { name: "a string", is: (value) => typeof value === "string" };
const flag: Kind = { name: "true or false", is: (value) => typeof value === "boolean" };
const integer: Kind = { name: "an integer", is: Number.isSafeInteger };
const count: Kind = {
  name: "an integer of 0 or more",
  is: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
};
const object: Kind = { name: "an object", is: isObject };
const texts: Kind = {
  name: "an object of strings",
  is: (value) => isObject(value) && Object.values(value).every((each) => typeof each === "string"),
};
const oneOf = (...values: (string | number)[]): Kind => ({
  name: values.map((value) => JSON.stringify(value)).join(" or "),
  is: (value) => values.includes(value as string),
});

/** Fields that are not named here are nobody's business: newer front ends may send them. */
export const contents: { [R in RequestType]: { [F in keyof RequestContent<R>]-?: Field } } = {
  kernel_info_request: {},
  execute_request: {
    code: needed(text),
    silent: optional(flag),
    store_history: optional(flag),
    user_expressions: optional(texts),
    allow_stdin: optional(flag),
    stop_on_error: optional(flag),
  },
  is_complete_request: { code: needed(text) },
  complete_request: { code: needed(text), cursor_pos: optional(count) },
  inspect_request: { code: needed(text), cursor_pos: optional(count), detail_level: optional(oneOf(0, 1)) },
  history_request: {
    hist_access_type: needed(oneOf("tail", "range", "search")),
    output: optional(flag),
    raw: optional(flag),
    session: optional(integer),
    start: optional(integer),
    stop: optional(integer),
    n: optional(count),
    pattern: optional(text),
    unique: optional(flag),
  },
  connect_request: {},
  comm_info_request: { target_name: optional(text) },
  debug_request: {
    type: optional(oneOf("request")),
    seq: needed(integer),
    command: needed(text),
    arguments: optional(object),
  },
  create_subshell_request: {},
  delete_subshell_request: { subshell_id: needed(text) },
  list_subshell_request: {},
  interrupt_request: {},
  shutdown_request: { restart: optional(flag) },
  gradbook_debug_request: { command: needed(oneOf("open", "close")) },
  gradbook_language_request: { method: needed(text), params: optional(object) },
  gradbook_variables_request: { method: needed(text), params: optional(object) },
  gradbook_rest_request: { within_ms: needed(count) },
};

/**
 * The content as its handler may rely on it, without the fields that are null.
 *
 * @throws RequestFailed which names the request, the field, what came and what is needed
 */
export function checkedContent<R extends RequestType>(type: R, content: JsonObject): RequestContent<R> {
  const checked = { ...content };
  for (const [name, { needed, ...kind }] of Object.entries<Field>(contents[type])) {
    const value = content[name];
    if (value === null || value === undefined) {
      if (needed) throw refused(type, `${name} is missing; it must be ${kind.name}.`);
      delete checked[name];
    } else if (!kind.is(value)) {
      throw refused(type, `${name} must be ${kind.name}, got ${short(value)}.`);
    }
  }
  return checked as RequestContent<R>;
}

function refused(type: RequestType, what: string): RequestFailed {
  const evalue = `${type}: ${what}`;
  return new RequestFailed({ ename: "TypeError", evalue, traceback: [`TypeError: ${evalue}`] });
}

function short(value: unknown): string {
  const json = JSON.stringify(value);
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}
