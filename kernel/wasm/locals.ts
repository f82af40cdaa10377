import type { FunctionBuilder, Local, ValueType } from "./module.ts";

/** As many new local variables as names are written for them: `const [row, column] = locals(f, "i32");` */
export function* locals(f: FunctionBuilder, type: ValueType): Iterable<Local> {
  for (;;) yield f.local(type);
}
