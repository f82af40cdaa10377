/** How an optimizer is listed: its learning rate and how much it moves; inside, its fields. */
import { sizeOf } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { describeVariables } from "../tensor/variable.ts";
import { Optimizer } from "./optimizer.ts";

describeVariables(Optimizer, (optimizer, own) => {
  const groups = Object.values(own(own(optimizer)["paramGroups"] as object)).map((group) => own(group as object));
  const tensors = groups.flatMap(({ params }) => Object.values(own(params as object)) as Tensor[]);
  const rates = [...new Set(groups.map(({ lr }) => (typeof lr === "number" ? String(lr) : "?")))].join(", ");
  const numbers = tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0).toLocaleString("en");
  return {
    kind: "optimizer",
    value: `(lr ${rates}; ${numbers} parameters)`,
    facts: groups.map((group, i) => [
      groups.length === 1 ? "options" : `group ${i}`,
      Object.entries(group)
        .filter(([, value]) => typeof value !== "object" || Array.isArray(value))
        .filter(([name]) => name !== "params")
        .map(([name, value]) => `${name} ${Array.isArray(value) ? JSON.stringify(value) : String(value)}`)
        .join(", "),
    ]),
    inside: { fieldsBut: [] },
  };
});
