import { refuseUnknown } from "../options.ts";
import { Widget, type WidgetParts } from "./widget.ts";

export interface ButtonOptions {
  /** The text on it. */
  label: string;
  disabled?: boolean;
}

const WHO = "widget.button";

/**
 * A button:
 *
 *     const train = widget.button({ label: "Train" });
 *     train.onClick(async () => { await fit(model); });
 *     train
 *
 * `await train.next()` waits for the next press, `for await (const n of train)` goes on with each; `n` counts them. A handler
 * that awaits is not called again before it is done: presses wait for it.
 */
export class Button extends Widget<number> {
  #presses = 0;

  constructor(parts: WidgetParts, options: ButtonOptions) {
    const label = neededLabel(WHO, options, "Train");
    refuseUnknown(WHO, options, ["label", "disabled"]);
    const { disabled = false } = options;
    if (typeof disabled !== "boolean")
      throw new TypeError(`${WHO}: disabled must be true or false, got ${String(disabled)}.`);
    const state = { button_style: "", description: label, disabled, icon: "" };
    super(WHO, parts, { kind: "Button", style: "ButtonStyle", state }, "each");
  }

  /** Calls `handler` with each press, and how many there have been. Returns a function that ends that. */
  onClick(handler: (presses: number) => unknown): () => void {
    return this.listen("onClick", handler);
  }

  protected override happened({ event }: { [key: string]: unknown }): unknown {
    return event === "click" && !this.disabled ? this.tell() : undefined;
  }
  protected override tell(): Promise<unknown> {
    return this.emit(++this.#presses);
  }
}

/** Without a text it is nothing that anybody could press. */
export function neededLabel(who: string, options: { label: string } | undefined, example: string): string {
  const label: unknown = options?.label;
  if (typeof label === "string" && label.trim() !== "") return label;
  throw new TypeError(`${who}: needs a label, the text on it: ${who}({ label: "${example}" }).`);
}
