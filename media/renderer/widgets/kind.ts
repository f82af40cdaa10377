import type { WidgetAction, WidgetState } from "../../../kernel/widgets/state.ts";

/** A widget in one place of the page. */
export interface WidgetElement {
  root: HTMLElement;
  /** What takes the keys. */
  control: HTMLInputElement | HTMLButtonElement;
  show(state: WidgetState): void;
}

/** How models of a kind are drawn. */
export interface WidgetKind {
  /** Their names in ipywidgets. */
  models: readonly string[];
  /** `act` is called with what the user does. */
  create(act: (action: WidgetAction) => void): WidgetElement;
}
