import { noGrad } from "../autograd/mode.ts";
import { Module } from "./module.ts";
import { Buffer, Parameter } from "./parameter.ts";

/**
 * A module of its own with the same values: parameters, buffers and modules inside are copied, everything else is
 * shared. Made without the constructor, as Python's deepcopy does, so that no random numbers are drawn.
 */
export function copyModule<M extends Module>(module: M): M {
  return copied(module, new Map()) as M;
}

function copied(value: unknown, done: Map<unknown, unknown>): unknown {
  if (typeof value !== "object" || value === null) return value;
  // What is shared inside the module is shared inside the copy.
  if (done.has(value)) return done.get(value);
  const keep = <T>(copy: T): T => (done.set(value, copy), copy);
  if (value instanceof Parameter)
    return keep(
      new Parameter(
        noGrad(() => value.clone()),
        value.requiresGrad,
      ),
    );
  if (value instanceof Buffer)
    return keep(
      new Buffer(
        noGrad(() => value.clone()),
        value.persistent,
      ),
    );
  if (Array.isArray(value)) {
    const list = keep([] as unknown[]);
    for (const entry of value) list.push(copied(entry, done));
    return list;
  }
  if (value instanceof Map) {
    const map = keep(new Map<unknown, unknown>());
    for (const [key, entry] of value) map.set(key, copied(entry, done));
    return map;
  }
  if (!(value instanceof Module)) return value;
  const copy = keep(Object.create(Object.getPrototypeOf(value) as object) as Record<string, unknown>);
  for (const [name, entry] of Object.entries(value)) copy[name] = copied(entry, done);
  return copy;
}
