import { valueText } from "../../../kernel/widgets/bundle.ts";
import type { WidgetState } from "../../../kernel/widgets/state.ts";
import { make } from "../elements.ts";
import type { WidgetKind } from "./kind.ts";

let count = 0;

/** A number between two ends; of a logarithmic one the ends and the steps are exponents. */
export const slider: WidgetKind = {
  models: ["IntSliderModel", "FloatSliderModel", "FloatLogSliderModel"],
  create(act) {
    const label = make("label", "gb-widget-label");
    const input = make("input", "gb-range");
    const readout = make("span", "gb-readout");
    input.type = "range";
    label.htmlFor = input.id = `gb-slider-${++count}`;
    // The slider itself says its value.
    readout.setAttribute("aria-hidden", "true");
    let base: number | undefined;
    input.addEventListener("input", () => {
      const position = Number(input.value);
      // Without the last digits: 10 ** -1 is 0.1, and not a hair beside it.
      const value = base === undefined ? position : Number((base ** position).toPrecision(12));
      act({ state: { value } });
    });
    return {
      root: make("div", "gb-slider", label, input, readout),
      control: input,
      show(state) {
        base = baseOf(state);
        const { description = "", value, min, max, step } = state;
        label.textContent = description;
        label.hidden = description === "";
        if (description === "") input.setAttribute("aria-label", "slider");
        else input.removeAttribute("aria-label");
        Object.assign(input, { min: String(min), max: String(max), step: String(step) });
        const position = String(base === undefined ? value : Math.log(value as number) / Math.log(base));
        input.value = position;
        readout.textContent = valueText(value);
        input.setAttribute("aria-valuetext", valueText(value));
        const way = (Number(input.value) - Number(min)) / (Number(max) - Number(min));
        input.style.setProperty("--gb-way", `${100 * way}%`);
      },
    };
  },
};

const baseOf = ({ base }: WidgetState): number | undefined => (typeof base === "number" ? base : undefined);
