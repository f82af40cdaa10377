import { allocate, lastSpan, release, type Span } from "./allocator.ts";
import { compileModule } from "./flags.ts";
import { note } from "./log.ts";
import { heap, maximumPages, memory } from "./memory.ts";
import { ModuleBuilder } from "./module.ts";
import { chosenVariant } from "./probe.ts";
import { clearingUpper } from "./upper.ts";
import { fallback, type Variant } from "./variant.ts";

/** What a kernel's functions look like from JavaScript: addresses, counts and numbers. */
export type WasmFunction = (...args: number[]) => number | void;
export type Exports = { readonly [name: string]: WasmFunction };

export interface KernelDefinition<E extends Exports> {
  /** In the log. */
  readonly name: string;
  /**
   * Whether pairs of 256 bits pay: one call computes for microseconds. Others are compiled for 128 bits, because leaving
   * 256-bit code costs 80 ns a time (upper.ts). Default false.
   */
  readonly wide?: boolean;
  /** Emits the functions. */
  build(module: ModuleBuilder): void;
  /**
   * The known answer: runs the functions on a small input, edges included, and compares with plain JavaScript. Returns what
   * is wrong, or undefined. No kernel is used before this passed in the variant it was compiled for.
   */
  check(run: E, bench: Bench): string | undefined;
}

/** Memory for known answers; its arrays are views of the engine's memory. */
export interface Bench {
  /** Numbers in memory, filled with `value(i)`, NaN by default: what a kernel leaves out shows. */
  f32(length: number, value?: (i: number) => number): { address: number; data: Float32Array };
  f64(length: number, value?: (i: number) => number): { address: number; data: Float64Array };
  i32(length: number, value?: (i: number) => number): { address: number; data: Int32Array };
  u8(length: number, value?: (i: number) => number): { address: number; data: Uint8Array };
}

/** A compiled kernel, and what a compute thread needs to have it too. */
export interface Compiled<E extends Exports> {
  readonly exports: E;
  readonly module: WebAssembly.Module;
  readonly variant: Variant;
  /** Its number, for the compute threads. */
  readonly id: number;
}

/** Every kernel compiled so far. A compute thread instantiates those that it is asked for. */
export const compiled: Compiled<Exports>[] = [];

/**
 * Declares a kernel. It is compiled when it is first called for, in the variant that is fastest on this machine, and
 * checked; where the check fails, one step more carefully. The result is a function: call it for the compiled kernel.
 *
 *     const add = defineKernel<{ run(n: number, y: number, x: number): void }>({ … });
 *     add().run(n, y, x);
 */
export function defineKernel<E extends Exports>(definition: KernelDefinition<E>): () => E {
  let ready: E | undefined;
  return () => ready ?? (ready = compile(definition).exports);
}

/** As `defineKernel`, for kernels that compute threads share: gives the module and number too. */
export function defineShared<E extends Exports>(definition: KernelDefinition<E>): () => Compiled<E> {
  let ready: Compiled<E> | undefined;
  return () => ready ?? (ready = compile(definition));
}

function compile<E extends Exports>(definition: KernelDefinition<E>): Compiled<E> {
  const made = attempt(definition);
  if (made !== undefined) return made;
  throw new Error(
    `${definition.name}: this JavaScript engine cannot compile it, or computes wrong answers in WebAssembly even without fused multiply-add. ` +
      `Set GRADBOOK_EXPERIMENTAL=0, or use another runtime (setting gradbook.runtime).`,
  );
}

/**
 * As `defineKernel`, at once, and undefined where no variant can be compiled and gives right answers: for those who have
 * another way.
 */
export function attempt<E extends Exports>(definition: KernelDefinition<E>): Compiled<E> | undefined {
  const best = chosenVariant();
  const first = best.wide && definition.wide !== true ? fallback(best) : best;
  for (let variant = first; variant !== undefined; variant = fallback(variant)) {
    let made: Compiled<E>;
    try {
      made = build(definition, variant);
    } catch (error) {
      if (!(error instanceof WebAssembly.CompileError)) throw error;
      note(`${definition.name}: it cannot be compiled with ${variant.name} (${error.message}); one step back.`);
      continue;
    }
    const wrong = onBench((bench) => answerOf(definition, made.exports, bench));
    if (wrong === undefined) {
      // The check may have compiled other kernels meanwhile.
      const ready = { ...made, id: compiled.length };
      compiled.push(ready);
      return ready;
    }
    note(`${definition.name}: the known-answer test failed with ${variant.name} (${wrong}); one step back.`);
  }
  return undefined;
}

/** What the known-answer test says; code that traps is wrong too. */
function answerOf<E extends Exports>(definition: KernelDefinition<E>, exports: E, bench: Bench): string | undefined {
  try {
    return definition.check(exports, bench);
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) throw error;
    return `it stopped: ${error.message}`;
  }
}

/** Compiles without choosing or checking; for tests and for the choice itself. */
export function build<E extends Exports>(definition: KernelDefinition<E>, variant: Variant): Compiled<E> {
  const builder = new ModuleBuilder(variant);
  definition.build(builder);
  const module = compileModule(builder.encode(maximumPages), variant.wide);
  const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as E;
  return { exports: variant.wide ? clearingUpper(exports) : exports, module, variant, id: compiled.length };
}

export function onBench<T>(f: (bench: Bench) => T): T {
  const spans: [Span, number][] = [];
  const take = (bytes: number): number => {
    const address = allocate(bytes);
    spans.push([lastSpan, address]);
    return address;
  };
  const fill = <A extends Float32Array | Float64Array | Int32Array | Uint8Array>(
    data: A,
    value: (i: number) => number,
  ): A => {
    for (let i = 0; i < data.length; i++) data[i] = value(i);
    return data;
  };
  try {
    return f({
      f32(length, value = () => NaN) {
        const address = take(length * 4);
        return { address, data: fill(heap.f32.subarray(address >>> 2, (address >>> 2) + length), value) };
      },
      f64(length, value = () => NaN) {
        const address = take(length * 8);
        return { address, data: fill(heap.f64.subarray(address / 8, address / 8 + length), value) };
      },
      i32(length, value = () => -1) {
        const address = take(length * 4);
        return { address, data: fill(heap.i32.subarray(address >>> 2, (address >>> 2) + length), value) };
      },
      u8(length, value = () => 255) {
        const address = take(length);
        return { address, data: fill(heap.u8.subarray(address, address + length), value) };
      },
    });
  } finally {
    for (const [span, address] of spans) release(span, address);
  }
}

/** Compares floats; tells the first that differs by more than `tolerance` × max(1, |wanted|). */
export function differs(got: ArrayLike<number>, wanted: (i: number) => number, tolerance = 1e-5): string | undefined {
  for (let i = 0; i < got.length; i++) {
    const want = wanted(i);
    const same = Object.is(got[i], want) || Math.abs(got[i]! - want) <= tolerance * Math.max(1, Math.abs(want));
    if (!same) return `element ${i} is ${got[i]} and should be ${want}`;
  }
  return undefined;
}

/** Numbers that look random and are the same every time, between −1 and 1. */
export function pattern(i: number): number {
  return Math.fround((((i * 7919 + 104729) % 10007) / 10007) * 2 - 1);
}
