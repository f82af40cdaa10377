import { refuseUnknown } from "../options.ts";
import { ValueWidget, type WidgetParts } from "./widget.ts";
import { neededLabel } from "./button.ts";

export interface ToggleOptions {
  /** The text on it. */
  label: string;
  /** At first. Default false. */
  value?: boolean;
  disabled?: boolean;
}

const WHO = "widget.toggle";

/**
 * Something that is on or off:
 *
 *     const augment = widget.toggle({ label: "augment", value: true });
 *     augment
 *
 * `augment.value` reads and sets it; `onChange`, `next()` and `for await` as for a slider. In ipywidgets it is a ToggleButton.
 */
export class Toggle extends ValueWidget<boolean> {
  constructor(parts: WidgetParts, options: ToggleOptions) {
    const label = neededLabel(WHO, options, "augment");
    refuseUnknown(WHO, options, ["label", "value", "disabled"]);
    const { value = false, disabled = false } = options;
    for (const [name, given] of Object.entries({ value, disabled }))
      if (typeof given !== "boolean")
        throw new TypeError(`${WHO}: ${name} must be true or false, got ${String(given)}.`);
    const state = { button_style: "", description: label, description_allow_html: false, disabled, icon: "", value };
    super(WHO, parts, { kind: "ToggleButton", style: "ToggleButtonStyle", state }, "newest");
  }
}
