/**
 * Widgets in outputs: drawn from the state in the output, then asked for at the extension, which knows the newest state and
 * whether a kernel is there to move them for. All places that show one widget move together.
 */
import { valueText } from "../../../kernel/widgets/bundle.ts";
import type {
  FromWidgetRenderer,
  SavedWidget,
  ToWidgetRenderer,
  WidgetAction,
  WidgetState,
} from "../../../kernel/widgets/state.ts";
import { make } from "../elements.ts";
import { kinds } from "./index.ts";
import type { WidgetElement } from "./kind.ts";

/** One widget, wherever it is shown. */
interface Shown {
  state: WidgetState;
  /** Of the kernel's; empty as long as nobody can use it. */
  session: string;
  note: string | undefined;
  /** Number of the last action that was done here. */
  count: number;
  places: Map<string, Place>;
}
interface Place {
  root: HTMLElement;
  note: HTMLElement;
  element: WidgetElement;
}

const NOT_CONNECTED = "Gradbook is not active in this window, so that this cannot be used.";
/** Keys that a control uses, and that the notebook would otherwise take for its own. */
const OWN_KEYS = ["Arrow", "Page", "Home", "End", " ", "Enter"];

export class Widgets {
  /** Tells the actions of this page from those of others. */
  readonly #renderer = crypto.randomUUID();
  readonly #post: ((message: FromWidgetRenderer) => void) | undefined;
  readonly #shown = new Map<string, Shown>();
  #notes = 0;

  constructor(post: ((message: FromWidgetRenderer) => void) | undefined) {
    this.#post = post;
  }

  /** Draws an output; `item` is the id by which it will be disposed of. */
  render(item: string, { version, id, state }: SavedWidget, element: HTMLElement): void {
    if (version !== 1) throw new Error(`it was saved by a newer Gradbook (format ${String(version)}).`);
    const kind = kinds.find(({ models }) => models.includes(state._model_name));
    if (!kind) {
      const { description = "", value } = state;
      element.replaceChildren(make("div", "gb-widget", `${description} ${valueText(value)}`.trim()));
      return;
    }
    const shown = this.#shown.get(id) ?? { state, session: "", note: undefined, count: 0, places: new Map() };
    this.#shown.set(id, shown);
    if (shown.session === "") shown.state = state;
    let place = shown.places.get(item);
    if (!place)
      shown.places.set(
        item,
        (place = this.#place(
          id,
          kind.create((action) => this.#act(id, action)),
        )),
      );
    // Its output was written anew while the user is at it.
    const focused = place.root.contains(document.activeElement);
    element.replaceChildren(place.root);
    if (!this.#post) shown.note = NOT_CONNECTED;
    this.#draw(shown);
    if (focused) place.element.control.focus();
    this.#post?.({ type: "widget-mount", id });
  }

  receive({ id, session, state, note, acts, mounted }: ToWidgetRenderer): void {
    const shown = this.#shown.get(id);
    if (!shown || (!mounted && session !== shown.session)) return;
    shown.note = note;
    shown.session = note === undefined ? session : "";
    // What was done here since then counts more; an answer to that will come.
    if (state && (acts[this.#renderer] ?? 0) >= shown.count) shown.state = state;
    this.#draw(shown);
  }

  dispose(item: string | undefined): void {
    for (const [id, { places }] of this.#shown) {
      if (item === undefined) places.clear();
      else places.delete(item);
      if (places.size === 0) this.#shown.delete(id);
    }
  }

  #place(id: string, element: WidgetElement): Place {
    const note = make("div", "gb-widget-note");
    note.id = `gb-note-${++this.#notes}`;
    element.control.setAttribute("aria-describedby", note.id);
    const root = make("div", "gb-widget", element.root, note);
    root.dataset["widget"] = id;
    root.addEventListener("keydown", (event) => {
      const isOwn = OWN_KEYS.some((key) => event.key.startsWith(key));
      if (isOwn && !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey) event.stopPropagation();
    });
    return { root, note, element };
  }

  #act(id: string, action: WidgetAction): void {
    const shown = this.#shown.get(id);
    if (!shown || shown.session === "") return;
    if ("state" in action) shown.state = { ...shown.state, ...action.state };
    this.#draw(shown);
    const { session } = shown;
    this.#post?.({ type: "widget-act", id, session, action, renderer: this.#renderer, count: ++shown.count });
  }

  #draw({ state, session, note, places }: Shown): void {
    for (const place of places.values()) {
      place.element.show(state);
      place.element.control.disabled = session === "" || state.disabled === true;
      place.note.textContent = note ?? "";
      place.root.classList.toggle("gb-ended", note !== undefined);
    }
  }
}
