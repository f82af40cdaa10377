import {
  laneMemoryOpcodes,
  laneOpcodes,
  memoryOpcodes,
  opcodes,
  signed,
  unsigned,
  type Instruction,
  type LaneInstruction,
  type LaneMemoryInstruction,
  type MemoryInstruction,
} from "./opcodes.ts";
import type { Variant } from "./variant.ts";

/** Value types, WebAssembly core specification §5.3.1. */
export const valueTypes = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b } as const;
export type ValueType = keyof typeof valueTypes;

/** Index of a parameter or a local variable. */
export type Local = number;
/** Emits code that leaves one value on the stack. */
export type Emit = () => void;

/** The shuffle that exchanges rows and columns of two vectors, and others, are written in 32-bit lanes: 0–3 of the first, 4–7 of the second. */
export type Lanes = readonly [number, number, number, number];

/**
 * One function under construction. Instructions carry the names of the WebAssembly text format; every method returns
 * the builder, so that code reads from left to right: `f.get(a).get(b).op("i32.add").set(c)`.
 */
export class FunctionBuilder {
  readonly index: number;
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly variant: Variant;
  private readonly locals: ValueType[] = [];
  private bytes: number[] = [];
  private listing: string[] | undefined;

  constructor(
    index: number,
    name: string,
    params: readonly ValueType[],
    results: readonly ValueType[],
    variant: Variant,
    listing: boolean,
  ) {
    this.index = index;
    this.name = name;
    this.params = params;
    this.results = results;
    this.variant = variant;
    this.listing = listing ? [] : undefined;
  }

  /** One or two bytes; more come by `leb` or one by one. Texts are made only for a listing: emitting is part of every start. */
  private put(byte: number, second?: number): this {
    this.bytes.push(byte);
    if (second !== undefined) this.bytes.push(second);
    return this;
  }
  private leb(n: number): this {
    if (n < 0x80) this.bytes.push(n);
    else for (const b of unsigned(n)) this.bytes.push(b);
    return this;
  }
  private all(bytes: Iterable<number>): this {
    for (const b of bytes) this.bytes.push(b);
    return this;
  }

  /** A new local variable, 0 at first. */
  local(type: ValueType): Local {
    this.locals.push(type);
    return this.params.length + this.locals.length - 1;
  }
  /** Several of them. */
  many(count: number, type: ValueType): Local[] {
    return Array.from({ length: count }, () => this.local(type));
  }
  get(x: Local): this {
    this.listing?.push(`local.get ${x}`);
    return this.put(0x20).leb(x);
  }
  set(x: Local): this {
    this.listing?.push(`local.set ${x}`);
    return this.put(0x21).leb(x);
  }
  tee(x: Local): this {
    this.listing?.push(`local.tee ${x}`);
    return this.put(0x22).leb(x);
  }
  i32(n: number): this {
    this.listing?.push(`i32.const ${n}`);
    return this.put(0x41).all(signed(n));
  }
  f32(x: number): this {
    this.listing?.push(`f32.const ${x}`);
    return this.put(0x43).all(new Uint8Array(new Float32Array([x]).buffer));
  }
  f64(x: number): this {
    this.listing?.push(`f64.const ${x}`);
    return this.put(0x44).all(new Uint8Array(new Float64Array([x]).buffer));
  }
  /** Four zeros. Any other constant vector belongs into a local before the loop: V8 does not hoist it. */
  zero(): this {
    this.listing?.push("v128.const 0");
    return this.put(0xfd, 12).all(new Uint8Array(16));
  }
  /** An instruction without immediates. */
  op(name: Instruction): this {
    this.listing?.push(name);
    return this.all(opcodes[name]);
  }
  /** A load (address on the stack) or a store (address and value on the stack), `offset` bytes further on. */
  memory(name: MemoryInstruction, offset = 0): this {
    const [code, align] = memoryOpcodes[name];
    this.listing?.push(`${name} offset=${offset}`);
    if (code > 0xff) this.put(0xfd);
    return this.put(code & 0xff, align).leb(offset);
  }
  lane(name: LaneInstruction, lane: number): this {
    this.listing?.push(`${name} ${lane}`);
    return this.put(0xfd).leb(laneOpcodes[name]).put(lane);
  }
  /** Address and vector on the stack; stores or loads one lane. */
  laneMemory(name: LaneMemoryInstruction, lane: number, offset = 0): this {
    const [code, align] = laneMemoryOpcodes[name];
    this.listing?.push(`${name} offset=${offset} ${lane}`);
    return this.put(0xfd).leb(code).put(align).leb(offset).put(lane);
  }
  /** Picks four 32-bit lanes from two vectors. */
  shuffle(lanes: Lanes): this {
    const bytes = lanes.flatMap((lane) => [0, 1, 2, 3].map((b) => lane * 4 + b));
    this.listing?.push(`i8x16.shuffle ${bytes.join(" ")}`);
    return this.put(0xfd, 13).all(bytes);
  }
  /** Picks sixteen bytes from two vectors. */
  shuffleBytes(bytes: readonly number[]): this {
    this.listing?.push(`i8x16.shuffle ${bytes.join(" ")}`);
    return this.put(0xfd, 13).all(bytes);
  }
  call(f: FunctionBuilder): this {
    this.listing?.push(`call $${f.name}`);
    return this.put(0x10).leb(f.index);
  }

  /** a · b + c on four floats (or two doubles): fused where the variant has it, else rounded twice. */
  madd(a: Emit, b: Emit, c: Emit, lanes: "f32x4" | "f64x2" = "f32x4"): this {
    if (this.variant.fma) {
      a();
      b();
      c();
      return this.op(`${lanes}.relaxed_madd`);
    }
    c();
    a();
    b();
    return this.op(`${lanes}.mul`).op(`${lanes}.add`);
  }

  /** x += n */
  advance(x: Local, n: number): this {
    return n === 0 ? this : this.get(x).i32(n).op("i32.add").set(x);
  }
  /** x += y */
  advanceBy(x: Local, y: Local): this {
    return this.get(x).get(y).op("i32.add").set(x);
  }

  block(body: () => void): this {
    this.listing?.push("block");
    this.put(0x02, 0x40);
    body();
    this.listing?.push("end");
    return this.put(0x0b);
  }
  /** Runs the body, and again whenever it branches to 0. */
  loop(body: () => void): this {
    this.listing?.push("loop");
    this.put(0x03, 0x40);
    body();
    this.listing?.push("end");
    return this.put(0x0b);
  }
  if(then: () => void, otherwise?: () => void): this {
    this.listing?.push("if");
    this.put(0x04, 0x40);
    then();
    if (otherwise !== undefined) {
      this.listing?.push("else");
      this.put(0x05);
      otherwise();
    }
    this.listing?.push("end");
    return this.put(0x0b);
  }
  br(depth: number): this {
    this.listing?.push(`br ${depth}`);
    return this.put(0x0c).leb(depth);
  }
  brIf(depth: number): this {
    this.listing?.push(`br_if ${depth}`);
    return this.put(0x0d).leb(depth);
  }

  /**
   * Runs the body while `counter` ≥ `step`, and takes `step` off it each time. The body may not branch to 0. With
   * `{ atLeastOnce: true }` the test before the first round is left out.
   */
  countDown(counter: Local, step: number, body: () => void, options: { atLeastOnce?: boolean } = {}): this {
    const rounds = (): void => {
      this.loop(() => {
        body();
        this.get(counter).i32(step).op("i32.sub").tee(counter);
        this.i32(step).op("i32.ge_s").brIf(0);
      });
    };
    if (options.atLeastOnce) {
      rounds();
      return this;
    }
    this.get(counter).i32(step).op("i32.ge_s");
    return this.if(rounds);
  }

  /**
   * Emits what `body` emits, and before it what `body` found it needs, such as constants in locals: `prelude` runs
   * after `body`, its code comes first.
   */
  withPrelude(body: () => void, prelude: () => void): this {
    const [before, listed] = [this.bytes, this.listing];
    const own = (f: () => void): [number[], string[] | undefined] => {
      this.bytes = [];
      if (listed !== undefined) this.listing = [];
      f();
      return [this.bytes, this.listing];
    };
    const [code, codeText] = own(body);
    const [first, firstText] = own(prelude);
    this.bytes = before;
    this.listing = listed;
    for (const part of [first, code]) for (const b of part) before.push(b);
    for (const part of [firstText, codeText]) if (part !== undefined) for (const line of part) listed!.push(line);
    return this;
  }

  /** Locals and code, as the code section holds them, at the end of `to`. */
  encode(to: number[]): void {
    const locals: number[] = [...unsigned(this.locals.length)];
    for (const type of this.locals) locals.push(1, valueTypes[type]);
    for (const b of unsigned(locals.length + this.bytes.length + 1)) to.push(b);
    for (const b of locals) to.push(b);
    for (const b of this.bytes) to.push(b);
    to.push(0x0b);
  }
  /** As text, for tests and for looking at; only of a module made with `{ listing: true }`. */
  toString(): string {
    const signature = [
      ...this.params.map((type, i) => `(param ${i} ${type})`),
      ...this.results.map((type) => `(result ${type})`),
    ].join(" ");
    let depth = 1;
    const lines = (this.listing ?? []).map((line) => {
      if (line === "end" || line === "else") depth--;
      const text = "  ".repeat(depth) + line;
      if (/^(block|loop|if|else)$/.test(line)) depth++;
      return text;
    });
    return [`(func $${this.name} ${signature}`, ...lines, ")"].join("\n");
  }
}

/**
 * A WebAssembly module under construction: functions over the engine's shared memory, which is imported as
 * `env.memory`. Functions whose names do not begin with `_` are exported.
 */
export class ModuleBuilder {
  readonly variant: Variant;
  private readonly functions: FunctionBuilder[] = [];
  private readonly listing: boolean;

  constructor(variant: Variant, options: { listing?: boolean } = {}) {
    this.variant = variant;
    this.listing = options.listing ?? false;
  }

  func(name: string, params: readonly ValueType[], results: readonly ValueType[] = []): FunctionBuilder {
    const f = new FunctionBuilder(this.functions.length, name, params, results, this.variant, this.listing);
    this.functions.push(f);
    return f;
  }

  /** The binary module, with the functions' names for profiles. `maximum` is that of the memory, in pages. */
  encode(maximum: number): Uint8Array<ArrayBuffer> {
    const types: string[] = [];
    const indices = this.functions.map(({ params, results }) => {
      const type = [
        0x60,
        ...vector(params.map((t) => [valueTypes[t]])),
        ...vector(results.map((t) => [valueTypes[t]])),
      ].join();
      if (!types.includes(type)) types.push(type);
      return types.indexOf(type);
    });
    const shared = 3;
    const code = unsigned(this.functions.length);
    for (const f of this.functions) f.encode(code);
    const sections: number[][] = [
      section(1, vector(types.map((type) => type.split(",").map(Number)))),
      section(2, vector([[...text("env"), ...text("memory"), 2, shared, 1, ...unsigned(maximum)]])),
      section(3, vector(indices.map(unsigned))),
      section(
        7,
        vector(
          this.functions
            .filter(({ name }) => !name.startsWith("_"))
            .map(({ name, index }) => [...text(name), 0, ...unsigned(index)]),
        ),
      ),
      section(10, code),
    ];
    // V8 compiles equal bytes once: without a mark it would give the code that was made without pairs.
    if (this.variant.wide) sections.push(section(0, text("256 bits")));
    const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
    const bytes = new Uint8Array(sections.reduce((sum, { length }) => sum + length, header.length));
    let at = 0;
    for (const part of [header, ...sections]) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  toString(): string {
    return `(module\n${this.functions.map(String).join("\n")}\n)`;
  }
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length)].concat(content);
}
function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}
function text(x: string): number[] {
  const bytes = [...new TextEncoder().encode(x)];
  return [...unsigned(bytes.length), ...bytes];
}
