/**
 * Jupyter's `debug_request`: messages of the Debug Adapter Protocol as they are, and a few that Jupyter adds.
 *
 * Source: Jupyter messaging specification 5.5, "Debug request"; Debug Adapter Protocol 1.71.
 */
import type { JsonObject } from "./messages.ts";

export interface DebugRequest {
  type: "request";
  seq: number;
  command: string;
  arguments?: JsonObject;
}
export interface DebugResponse {
  type: "response";
  seq: number;
  request_seq: number;
  command: string;
  success: boolean;
  /** Why it failed. */
  message?: string;
  body: JsonObject;
}
export interface DebugEvent {
  type: "event";
  seq: number;
  event: string;
  body: JsonObject;
}
