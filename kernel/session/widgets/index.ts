/** The widgets that cells can make, one line for each. */
import { Button, type ButtonOptions } from "./button.ts";
import { Slider, type SliderOptions } from "./slider.ts";
import { Toggle, type ToggleOptions } from "./toggle.ts";
import type { WidgetParts } from "./widget.ts";

export function createWidgets(parts: WidgetParts) {
  return {
    /** A button with a label; `onClick(handler)`, `await next()`. */
    button: (options: ButtonOptions): Button => new Button(parts, options),
    /** A number between `min` and `max`, with `log` on a logarithmic scale; `value`, `onChange(handler)`, `await next()`. */
    slider: (options?: SliderOptions): Slider => new Slider(parts, options),
    /** On or off; `value`, `onChange(handler)`, `await next()`. */
    toggle: (options: ToggleOptions): Toggle => new Toggle(parts, options),
  };
}
/** The global `widget` of cells. */
export type Widgets = ReturnType<typeof createWidgets>;
