import v8 from "node:v8";

/**
 * V8's flags are those of the whole process, so only a process that is ours may set them: the kernel calls
 * `enableExperimental()`, the extension host and a plain script never do.
 */
let allowed = false;

/** Allows the flags below. To be called before the first kernel is compiled. */
export function enableExperimental(): void {
  allowed = true;
}
export function experimentalEnabled(): boolean {
  return allowed;
}

/** Straight to the optimizing compiler: what is measured at the start is what runs later. */
const optimized = [
  ["--no-liftoff", "--liftoff"],
  ["--no-wasm-lazy-compilation", "--wasm-lazy-compilation"],
] as const;
/** Pairs neighbouring 128-bit operations to 256-bit ones (AVX2). Off by default in V8; x64 only. */
const revectorize = ["--experimental-wasm-revectorize", "--no-experimental-wasm-revectorize"] as const;

/** Compiles with the flags, and leaves them as they are by default: a user's own WebAssembly is not affected. */
export function compileModule(bytes: Uint8Array<ArrayBuffer>, wide: boolean): WebAssembly.Module {
  if (!allowed) return new WebAssembly.Module(bytes);
  const flags: (readonly [string, string])[] = wide ? [...optimized, revectorize] : [...optimized];
  for (const [on] of flags) v8.setFlagsFromString(on);
  try {
    return new WebAssembly.Module(bytes);
  } finally {
    for (const [, off] of flags) v8.setFlagsFromString(off);
  }
}
