import { make } from "../elements.ts";
import type { WidgetKind } from "./kind.ts";

export const button: WidgetKind = {
  models: ["ButtonModel"],
  create(act) {
    const root = make("button", "gb-press");
    root.type = "button";
    root.addEventListener("click", () => act({ custom: { event: "click" } }));
    return { root, control: root, show: ({ description = "" }) => void (root.textContent = description) };
  },
};
