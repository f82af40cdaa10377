/**
 * The messages of the Jupyter protocol that Gradbook speaks, with the specification's own names and fields.
 *
 * Source: Jupyter messaging specification 5.5 (jupyter_client, docs/messaging.rst).
 */

import type { DebugEvent, DebugRequest, DebugResponse } from "./debug.ts";
import type { LanguageRequest } from "./language.ts";
import type { VariablesRequest } from "./variables.ts";

export const PROTOCOL_VERSION = "5.5";

export type Channel = "shell" | "control" | "iopub" | "stdin";

/** Values by MIME type. JSON types hold objects, binary ones base64 text; `text/plain` should always be there. */
export type MimeBundle = { [mime: string]: unknown };
export type JsonObject = { [key: string]: unknown };

export interface Header {
  msg_id: string;
  msg_type: string;
  session: string;
  username: string;
  /** ISO 8601 time of sending. */
  date: string;
  version: string;
  /** Which subshell a request on shell is for; none: the main shell. */
  subshell_id?: string | null;
}

export interface Message<Content = JsonObject> {
  channel: Channel;
  header: Header;
  /** Header of the request that caused this message; empty when nothing did. */
  parent_header: Header | Record<string, never>;
  metadata: JsonObject;
  content: Content;
  buffers?: Uint8Array[];
}

export interface ErrorContent {
  ename: string;
  evalue: string;
  traceback: string[];
}
export type ErrorReply = ErrorContent & { status: "error" };
type Ok<T> = { status: "ok" } & T;

export interface ExecuteRequest {
  code: string;
  silent?: boolean;
  store_history?: boolean;
  user_expressions?: { [name: string]: string };
  allow_stdin?: boolean;
  stop_on_error?: boolean;
}
/** What a cell shows in the front end's pager, beside the notebook. */
export interface Page {
  source: "page";
  data: MimeBundle;
  /** First line to be shown. */
  start: number;
}
export interface KernelInfo {
  protocol_version: string;
  implementation: string;
  implementation_version: string;
  language_info: {
    name: string;
    version: string;
    mimetype: string;
    file_extension: string;
    pygments_lexer: string;
    codemirror_mode: string;
    nbconvert_exporter: string;
  };
  banner: string;
  help_links: { text: string; url: string }[];
  debugger: boolean;
  supported_features: string[];
}

/** Each request with the content of the request and of its successful reply. */
export interface Requests {
  kernel_info_request: { request: JsonObject; reply: Ok<KernelInfo> };
  execute_request: {
    request: ExecuteRequest;
    reply: Ok<{ execution_count: number; user_expressions: JsonObject; payload: Page[] }>;
  };
  is_complete_request: {
    request: { code: string };
    reply: { status: "complete" | "incomplete" | "invalid" | "unknown"; indent?: string };
  };
  /** Opens and closes the cells' thread for a debugger: `url` is the Chrome DevTools socket, `prefix` begins the cells' names. */
  gradbook_debug_request: {
    request: { command: "open" | "close" };
    reply: Ok<{ url?: string; prefix?: string }>;
  };
  complete_request: {
    /** `cursor_pos`, `cursor_start` and `cursor_end` count code points. */
    request: { code: string; cursor_pos?: number };
    reply: Ok<{ matches: string[]; cursor_start: number; cursor_end: number; metadata: JsonObject }>;
  };
  inspect_request: {
    request: { code: string; cursor_pos?: number; detail_level?: 0 | 1 };
    reply: Ok<{ found: boolean; data: MimeBundle; metadata: JsonObject }>;
  };
  history_request: {
    request: {
      hist_access_type: "tail" | "range" | "search";
      output?: boolean;
      raw?: boolean;
      session?: number;
      start?: number;
      stop?: number | null;
      n?: number;
      pattern?: string;
      unique?: boolean;
    };
    reply: Ok<{ history: [session: number, line: number, input: string | [input: string, output: string | null]][] }>;
  };
  comm_info_request: {
    request: { target_name?: string };
    reply: Ok<{ comms: { [comm_id: string]: { target_name: string } } }>;
  };
  /** Deprecated by the specification, which still has it. */
  connect_request: { request: JsonObject; reply: Ok<{ [port: string]: number | string }> };
  gradbook_language_request: { request: LanguageRequest; reply: Ok<{ result: unknown }> };
  gradbook_variables_request: { request: VariablesRequest; reply: Ok<{ result: unknown }> };
  debug_request: { request: DebugRequest; reply: DebugResponse };
  /** `rests`: nothing that cells have left behind is under way any more. */
  gradbook_rest_request: { request: { within_ms: number }; reply: Ok<{ rests: boolean }> };
  create_subshell_request: { request: JsonObject; reply: Ok<{ subshell_id: string }> };
  delete_subshell_request: { request: { subshell_id: string }; reply: Ok<object> };
  list_subshell_request: { request: JsonObject; reply: Ok<{ subshell_id: string[] }> };
  interrupt_request: { request: JsonObject; reply: Ok<object> };
  shutdown_request: { request: { restart?: boolean }; reply: Ok<{ restart: boolean }> };
}
export type RequestType = keyof Requests;
export type RequestContent<R extends RequestType> = Requests[R]["request"];
export type ReplyContent<R extends RequestType> = Requests[R]["reply"];

/** A question of a cell to its user. The specification has `prompt` and `password`; the rest travels as metadata. */
export interface InputRequest {
  prompt: string;
  password: boolean;
  /** What an empty answer means. */
  default: string;
  /** Number of the cell that asks. */
  cell: number;
}
/** Clients of ours answer with an error when the user cancels or nobody is there. */
export type InputReply = { value: string } | ErrorReply;

/** Messages of comms, the same in both directions: on shell to the kernel, on iopub from it. None has a reply. */
export interface CommMessages {
  comm_open: { comm_id: string; target_name: string; data: JsonObject };
  comm_msg: { comm_id: string; data: JsonObject };
  comm_close: { comm_id: string; data: JsonObject };
}
export type CommMessageType = keyof CommMessages;

/** What a kernel publishes on iopub, by message type. */
export interface Publications extends CommMessages {
  status: { execution_state: "starting" | "busy" | "idle" };
  execute_input: { code: string; execution_count: number };
  stream: { name: "stdout" | "stderr"; text: string };
  display_data: { data: MimeBundle; metadata: JsonObject; transient: { display_id?: string } };
  update_display_data: { data: MimeBundle; metadata: JsonObject; transient: { display_id: string } };
  execute_result: {
    execution_count: number;
    data: MimeBundle;
    metadata: JsonObject;
    transient: { display_id?: string };
  };
  error: ErrorContent;
  debug_event: DebugEvent;
  clear_output: { wait: boolean };
  /** For the other front ends of this kernel: one of them ends it. */
  shutdown_reply: { status: "ok"; restart: boolean };
}
export type PublicationType = keyof Publications;
