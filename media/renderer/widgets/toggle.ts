import { make } from "../elements.ts";
import type { WidgetKind } from "./kind.ts";

/** On or off. */
export const toggle: WidgetKind = {
  models: ["ToggleButtonModel"],
  create(act) {
    const label = make("span", "");
    const root = make("button", "gb-toggle", make("span", "gb-track"), label);
    root.type = "button";
    root.setAttribute("role", "switch");
    root.addEventListener("click", () => act({ state: { value: root.getAttribute("aria-checked") !== "true" } }));
    return {
      root,
      control: root,
      show({ description = "", value }) {
        label.textContent = description;
        root.setAttribute("aria-checked", String(value === true));
      },
    };
  },
};
