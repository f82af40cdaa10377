/**
 * Widgets as data: the state of a model in ipywidgets' own terms, which is what travels over its comm, what VS Code's
 * renderer draws, and what is saved with a notebook.
 *
 * Source: ipywidgets, packages/schema/messages.md (protocol 2.1) and jupyterwidgetmodels.latest.md.
 */
export const WIDGET_TARGET = "jupyter.widget";
/** Front ends that come late ask here for all models. */
export const WIDGET_CONTROL_TARGET = "jupyter.widget.control";
export const WIDGET_PROTOCOL = "2.1.0";

/** What ipywidgets' front ends draw: `{ version_major: 2, version_minor: 0, model_id }`. */
export const WIDGET_VIEW_MIME = "application/vnd.jupyter.widget-view+json";
/** What our renderer draws: a `SavedWidget`. */
export const WIDGET_MIME = "application/vnd.gradbook.widget+json";

/** ipywidgets' names; models that are seen have a view, a description and perhaps a value. */
export interface WidgetState {
  _model_name: string;
  _model_module: string;
  _model_module_version: string;
  _view_name: string | null;
  description?: string;
  disabled?: boolean;
  value?: unknown;
  [key: string]: unknown;
}

/** A widget in the output of a cell, as it was when it was shown or saved. */
export interface SavedWidget {
  version: 1;
  /** Of its model, and of its comm. */
  id: string;
  state: WidgetState;
}

type BufferPath = readonly (string | number)[];

/** The data of a comm_msg to or from a model. */
export type WidgetMessage =
  | { method: "update" | "echo_update"; state: { [key: string]: unknown }; buffer_paths: BufferPath[] }
  | { method: "request_state" }
  | { method: "custom"; content: { [key: string]: unknown } };

/** What the user does to a widget in an output: changes of its state, or an event such as `{ event: "click" }`. */
export type WidgetAction = { state: { [key: string]: unknown } } | { custom: { [key: string]: unknown } };

/** What our renderer says to the extension. */
export type FromWidgetRenderer =
  | { type: "widget-mount"; id: string }
  /** `session` as the answer to the mount gave it; `count` numbers the actions of this `renderer`. */
  | { type: "widget-act"; id: string; session: string; action: WidgetAction; renderer: string; count: number };

/** How a widget is now; with a `note` it cannot be used, and the note says why. */
export interface ToWidgetRenderer {
  type: "widget";
  id: string;
  /** Empty for one that no kernel has. */
  session: string;
  /** Undefined when only the output knows it. */
  state: WidgetState | undefined;
  note?: string | undefined;
  /** The last action of each renderer that the state contains. */
  acts: { [renderer: string]: number };
  /** An answer to a mount, for one window only. */
  mounted?: true;
}
