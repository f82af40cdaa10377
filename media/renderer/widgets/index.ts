/** The widgets that are drawn, one line for each. */
import { button } from "./button.ts";
import type { WidgetKind } from "./kind.ts";
import { slider } from "./slider.ts";
import { toggle } from "./toggle.ts";

export const kinds: readonly WidgetKind[] = [button, slider, toggle];
