/**
 * What the surroundings offer to the library: somewhere to show things, and word that the user wants to stop.
 *
 * The notebook's worker puts a `Host` under `Symbol.for("gradbook.host")` on `globalThis` before user code runs. In a
 * plain script there is none, and everything here quietly does nothing, so that a model trains outside a notebook too.
 * Nothing but this one symbol ties the library to a notebook.
 */
export type MimeBundle = { [mime: string]: unknown };

export interface Host {
  /**
   * Shows a MIME bundle under the cell that is running (by async context, also later). `id` makes it updatable. `of` is the
   * object that it shows: a cell that ends with that object does not show it a second time.
   */
  display(bundle: MimeBundle, options?: { id?: string; of?: object }): void;
  /** Replaces, wherever it is shown, what was displayed under `id`. */
  update(bundle: MimeBundle, id: string): void;
  /**
   * Opens a channel to whoever draws `id`; `state` is all that is needed to draw it now. What `send` gives afterwards
   * arrives in order, also from inside a synchronous loop. `target` names the kind of receiver: "gradbook.live".
   */
  open(id: string, target: string, state: object): void;
  send(id: string, delta: object): void;
  close(id: string): void;
  /** Runs `callback` once, when the running cell ends: by success, error or interrupt. */
  onCellEnd(callback: () => void): void;
  /** Throws `Interrupted` when the user asked to stop. Cheap: one load from shared memory. */
  poll(): void;
}

const KEY = Symbol.for("gradbook.host");

/** The host of this thread, or undefined outside a notebook. */
export function host(): Host | undefined {
  return (globalThis as { [KEY]?: Host })[KEY];
}

export function setHost(value: Host | undefined): void {
  (globalThis as { [KEY]?: Host | undefined })[KEY] = value;
}
