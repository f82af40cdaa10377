/**
 * What all widgets have in common. A widget is declared by the state of its ipywidgets model; this class keeps it in
 * step with the front ends, tells who listens, and says how it is shown.
 */
import { inspect } from "node:util";
import { widgetBundle } from "../../widgets/bundle.ts";
import type { WidgetState } from "../../widgets/state.ts";
import type { Callbacks } from "../comms/callbacks.ts";
import { DISPLAY } from "../mimeBundle.ts";
import { Listeners } from "./listeners.ts";
import type { Model, Models } from "./models.ts";

export interface WidgetParts {
  models: Models;
  callbacks: Callbacks;
}

const BASE = "@jupyter-widgets/base";
const CONTROLS = "@jupyter-widgets/controls";
const VERSION = "2.0.0";

/** What a kind of widget is in ipywidgets' controls: the model's own properties, and those of its style. */
export interface Declaration {
  /** `FloatSlider`: its model is `FloatSliderModel`, its view `FloatSliderView`. */
  kind: string;
  style: string;
  state: { [name: string]: unknown };
  styleState?: { [name: string]: unknown };
}

const queueMicrotask = globalThis.queueMicrotask;

/** `Event` is what is told to those who listen. */
export abstract class Widget<Event> {
  /** As in messages: `widget.slider`. */
  readonly #who: string;
  readonly #model: Model;
  readonly #looks: Model[];
  readonly #listeners: Listeners<Event>;
  #telling = false;

  constructor(
    who: string,
    { models, callbacks }: WidgetParts,
    { kind, style, state, styleState = {} }: Declaration,
    keep: "each" | "newest",
  ) {
    this.#who = who;
    this.#listeners = new Listeners(callbacks, keep);
    const layout = models.create(modelState(BASE, "Layout"));
    const look = models.create({
      ...modelState(CONTROLS, style),
      _view_module: BASE,
      _view_name: "StyleView",
      ...styleState,
    });
    this.#looks = [layout, look];
    const references = { layout: `IPY_MODEL_${layout.id}`, style: `IPY_MODEL_${look.id}` };
    const common = { _dom_classes: [], disabled: false, tabbable: null, tooltip: null };
    this.#model = models.create(
      { ...modelState(CONTROLS, kind), ...common, ...references, ...state },
      {
        accept: (name, value) => this.checked(name, value),
        changed: (names) => (names.includes("value") ? this.tell() : undefined),
        event: (content) => this.happened(content),
        closed: () => this.#ended(),
      },
    );
  }

  /** The text beside it, or on it. */
  get label(): string {
    return this.#model.state.description ?? "";
  }
  set label(label: string) {
    this.set("description", label);
  }

  /** A widget that is disabled is shown and cannot be used. */
  get disabled(): boolean {
    return this.#model.state.disabled === true;
  }
  set disabled(disabled: boolean) {
    this.set("disabled", disabled);
  }

  /** Takes the widget away, where a front end shows it. */
  close(): void {
    for (const model of [this.#model, ...this.#looks]) model.close();
  }

  /** The next event; fails when the widget is closed before it, also by a front end that shows none. */
  next(): Promise<Event> {
    return this.#listeners.next();
  }
  [Symbol.asyncIterator](): AsyncIterableIterator<Event> {
    return this.#listeners.iterate();
  }

  [DISPLAY](): { [mime: string]: unknown } {
    const { id, state, closed } = this.#model;
    return widgetBundle(id, { ...state }, !closed);
  }
  [inspect.custom](): string {
    return `${this.constructor.name} { ${String(this[DISPLAY]()["text/plain"])} }`;
  }

  // For the kinds of widgets -----------------------------------------------------------------------------------------

  protected listen(who: string, handler: (event: Event) => unknown): () => void {
    return this.#listeners.add(`${this.#who}: ${who}`, handler);
  }
  protected get(name: string): unknown {
    return this.#model.state[name];
  }
  /** A change by code: listeners hear of it when that code lets go, once for all changes until then. */
  protected set(name: string, given: unknown): void {
    const value = this.checked(name, given);
    if (value === this.get(name)) return;
    this.#model.set(name, value);
    if (name !== "value" || this.#telling) return;
    this.#telling = true;
    queueMicrotask(() => {
      this.#telling = false;
      void this.tell();
    });
  }
  /** The value as it is taken over; throws for one that the property cannot have. */
  protected checked(name: string, value: unknown): unknown {
    const needed = typeof this.get(name);
    if (typeof value === needed) return value;
    throw this.refused(name, `must be a ${needed}`, value);
  }
  protected refused(name: string, why: string, value: unknown): TypeError {
    const called = name === "description" ? "label" : name;
    return new TypeError(`${this.#who}: ${called} ${why}, got ${inspect(value, { depth: 0 }).slice(0, 80)}.`);
  }
  protected emit(event: Event): Promise<unknown> {
    return this.#listeners.emit(event);
  }
  /** The value has changed. */
  protected abstract tell(): Promise<unknown>;
  /** A front end tells of something that is no change of state. */
  protected happened(_content: { [key: string]: unknown }): unknown {
    return undefined;
  }

  #ended(): void {
    this.#listeners.close(
      () => new Error(`${this.#who}: nobody can use it any more: it was closed, or this front end shows no widgets.`),
    );
  }
}

/** A widget that has a value. */
export abstract class ValueWidget<T> extends Widget<T> {
  /** What the user has chosen. Setting it moves the widget wherever it is shown. */
  get value(): T {
    return this.get("value") as T;
  }
  set value(value: T) {
    this.set("value", value);
  }

  /**
   * Calls `handler` with each new value, whoever has set it. While a handler awaits, only the newest of the next values is
   * kept for it. Returns a function that ends that.
   */
  onChange(handler: (value: T) => unknown): () => void {
    return this.listen("onChange", handler);
  }

  protected override tell(): Promise<unknown> {
    return this.emit(this.value);
  }
}

function modelState(module: string, name: string): WidgetState {
  return {
    _model_module: module,
    _model_module_version: VERSION,
    _model_name: `${name}Model`,
    _view_count: null,
    _view_module: module,
    _view_module_version: VERSION,
    _view_name: `${name}View`,
  };
}
