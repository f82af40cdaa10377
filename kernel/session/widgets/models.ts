/**
 * The models of widgets, by ipywidgets' protocol: each has a comm of its own, over which either side says what has
 * changed, and a front end that comes late asks for all of them.
 */
import { putBuffers, withoutBuffers } from "../../widgets/buffers.ts";
import {
  WIDGET_CONTROL_TARGET,
  WIDGET_PROTOCOL,
  WIDGET_TARGET,
  type WidgetMessage,
  type WidgetState,
} from "../../widgets/state.ts";
import type { Comm, CommMessage } from "../comms/comm.ts";
import type { Comms } from "../comms/comms.ts";

type Json = { [key: string]: unknown };

/** What a widget does with what a front end says. */
export interface ModelOwner {
  /** The value that is taken over for one that came; throws when there is none. */
  accept(name: string, value: unknown): unknown;
  /** A front end has changed these. The promise settles when all that listens is done. */
  changed(names: readonly string[]): unknown;
  event(content: Json): unknown;
  /** Front ends cannot reach it any more. */
  closed(): void;
}

/** Says what a model is, and nothing that changes: no front end may give it another value. */
const isFixed = (name: string): boolean => name.startsWith("_") || name === "layout" || name === "style";

export class Models {
  readonly #comms: Comms;
  readonly #open = new Map<string, Model>();

  constructor(comms: Comms) {
    this.#comms = comms;
    comms.register(WIDGET_CONTROL_TARGET, (comm) => {
      comm.onMessage(({ data }) => {
        if (data["method"] === "request_states") this.#sendAll(comm);
      });
    });
  }

  create(state: WidgetState, owner?: ModelOwner): Model {
    const model: Model = new Model(this.#comms, state, owner, () => this.#open.delete(model.id));
    this.#open.set(model.id, model);
    return model;
  }

  #sendAll(comm: Comm): void {
    const all = [...this.#open].map(([id, { state }]) => {
      const { _model_name, _model_module, _model_module_version } = state;
      const model = {
        model_name: _model_name,
        model_module: _model_module,
        model_module_version: _model_module_version,
      };
      return [id, { ...model, state }];
    });
    const { state: states, buffer_paths, buffers } = withoutBuffers(Object.fromEntries(all) as Json);
    comm.send({ method: "update_states", states, buffer_paths }, buffers);
  }
}

export class Model {
  readonly id: string;
  readonly state: WidgetState;
  readonly #comms: Comms;
  readonly #comm: Comm;
  readonly #owner: ModelOwner | undefined;
  readonly #forget: () => void;

  constructor(comms: Comms, state: WidgetState, owner: ModelOwner | undefined, forget: () => void) {
    this.#comms = comms;
    this.state = state;
    this.#owner = owner;
    this.#forget = forget;
    const separated = withoutBuffers(state);
    this.#comm = comms.open(
      WIDGET_TARGET,
      { state: separated.state, buffer_paths: separated.buffer_paths },
      separated.buffers,
      { version: WIDGET_PROTOCOL },
    );
    this.id = this.#comm.id;
    this.#comm.onMessage((message) => this.#receive(message));
    this.#comm.onClose(() => this.#closed());
  }

  get closed(): boolean {
    return this.#comm.closed;
  }

  /** Sets one property; in a loop not every value is sent, but the last one is. */
  set(name: string, value: unknown): void {
    this.state[name] = value;
    this.#comms.sendNewest(this.#comm, this.#key(name), this.#update("update", { [name]: value }));
  }

  close(): void {
    if (this.closed) return;
    this.#settle();
    this.#comm.close();
    this.#closed();
  }

  #receive({ data, buffers }: CommMessage): unknown {
    const message = data as unknown as WidgetMessage;
    switch (message.method) {
      case "update":
        return this.#take(putBuffers({ ...message.state }, (message.buffer_paths ?? []) as never, buffers));
      case "request_state":
        return this.#send("update", this.state);
      case "custom":
        return this.#owner?.event({ ...message.content });
      default:
        return undefined;
    }
  }

  /** A front end has changed properties: the others are told at once, the sender only what was not taken as it came. */
  #take(changes: Json): unknown {
    this.#settle();
    const known = Object.entries(changes).filter(([name]) => Object.hasOwn(this.state, name) && !isFixed(name));
    if (known.length === 0) return undefined;
    this.#send("echo_update", Object.fromEntries(known));
    const changed: string[] = [];
    const corrected: Json = {};
    for (const [name, value] of known) {
      let accepted = this.state[name];
      try {
        accepted = this.#owner ? this.#owner.accept(name, value) : value;
      } catch {
        // No such value: the front end gets ours back.
      }
      if (accepted !== value) corrected[name] = accepted;
      if (accepted !== this.state[name]) changed.push(name);
      this.state[name] = accepted;
    }
    if (Object.keys(corrected).length > 0) this.#send("update", corrected);
    return changed.length > 0 ? this.#owner?.changed(changed) : undefined;
  }

  #send(method: "update" | "echo_update", state: Json): void {
    const separated = withoutBuffers(state);
    this.#comm.send(this.#update(method, separated.state, separated.buffer_paths), separated.buffers);
  }
  #update(method: "update" | "echo_update", state: Json, buffer_paths: (string | number)[][] = []): WidgetMessage {
    return { method, state, buffer_paths };
  }

  /** What waits goes before what comes now. */
  #settle(): void {
    for (const name of Object.keys(this.state)) this.#comms.settle(this.#key(name));
  }
  #key(name: string): string {
    return `${this.id} ${name}`;
  }

  #closed(): void {
    this.#forget();
    this.#owner?.closed();
  }
}
