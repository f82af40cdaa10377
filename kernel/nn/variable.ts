/** How a module is listed: the number of its parameters; inside, its layers, parameters and other fields. */
import { sizeOf } from "../tensor/shape.ts";
import { bytesOf } from "../tensor/storage.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { describeVariables, type Own, type VariableDescription } from "../tensor/variable.ts";
import { ModuleDict, ModuleList, Sequential } from "./containers.ts";
import { Module } from "./module.ts";
import { Buffer, Parameter } from "./parameter.ts";

type Inside = VariableDescription["inside"];

describeVariables(Module, (module, own) => describe(module, own, { fieldsBut: [] }));
for (const list of [Sequential, ModuleList]) {
  describeVariables<Module>(list, (module, own) =>
    describe(module, own, { named: Object.entries(layers(module, own)), fieldsBut: ["row"] }),
  );
}
describeVariables(ModuleDict, (module, own) =>
  describe(module, own, { named: Object.entries(layers(module, own)), fieldsBut: ["named"] }),
);

/** More modules than this are not looked through for parameters. */
const MOST = 10_000;

function describe(module: Module, own: Own, inside: Inside): VariableDescription {
  const found = tensorsOf(module, own);
  const parameters = found.filter((tensor) => tensor instanceof Parameter);
  const buffers = found.filter((tensor) => tensor instanceof Buffer);
  const learned = parameters.filter((parameter) => own(parameter)["wantsGrad"] === true);
  const count = (tensors: Tensor[]): string =>
    tensors.reduce((sum, { shape }) => sum + sizeOf(shape), 0).toLocaleString("en");
  const inTensors = (tensors: Tensor[]): string =>
    tensors.length === 0 ? "none" : `${count(tensors)} in ${tensors.length} tensor${tensors.length === 1 ? "" : "s"}`;
  return {
    kind: "module",
    value: `(${count(parameters)} parameters)`,
    bytes: found.reduce((sum, { shape, storage }) => sum + sizeOf(shape) * bytesOf[storage.dtype], 0),
    facts: [
      ["parameters", inTensors(parameters)],
      ["requiresGrad", learned.length === parameters.length ? "all" : inTensors(learned)],
      ["buffers", inTensors(buffers)],
      ["mode", own(module)["training"] === false ? "eval" : "train"],
    ],
    inside,
  };
}

/** Parameters and buffers of a module and all inside it, each once. Not by its own methods: a user may override them. */
function tensorsOf(module: Module, own: Own): Tensor[] {
  const tensors = new Set<Tensor>();
  const modules = new Set<Module>([module]);
  // A set that grows while it is walked through.
  for (const each of modules) {
    for (const value of [...Object.values(layers(each, own)), ...Object.values(own(each))]) {
      if (value instanceof Parameter || value instanceof Buffer) tensors.add(value);
      else if (value instanceof Module && modules.size < MOST) modules.add(value);
    }
  }
  return [...tensors];
}

/** What the containers of modules keep elsewhere than in fields. */
function layers(module: Module, own: Own): { readonly [name: string]: unknown } {
  const { row, named } = own(module);
  if (Array.isArray(row)) return own(row);
  if (module instanceof ModuleDict && named instanceof Map) return own(Object.fromEntries(named));
  return {};
}
