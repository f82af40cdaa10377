import { isAscii } from "node:buffer";

/**
 * V8 leaves the upper halves of the 256-bit registers filled after revectorized code (it emits no `vzeroupper`), and on
 * Intel's processors every SSE instruction then waits for them: V8's own C++, such as `Math.exp` or the garbage
 * collector, ran up to 19 times slower (measured, V8 13.6 on Sapphire Rapids; not on AMD). A function of Node that is compiled for AVX2 or
 * AVX-512 clears them when it returns. Looking at 64 bytes costs about 80 ns; copying, filling and searching memory do
 * not clear them.
 */
const bytes = new Uint8Array(64);

export function clearUpper(): void {
  isAscii(bytes);
}

/** The functions of a kernel that used 256 bits, each followed by the clearing. */
export function clearingUpper<E extends { readonly [name: string]: (...args: number[]) => number | void }>(
  exports: E,
): E {
  return Object.fromEntries(
    Object.entries(exports).map(([name, run]) => {
      // Spelled out for its number of parameters: no array is made for a call.
      const args = Array.from({ length: run.length }, (_, i) => `x${i}`).join(", ");
      const make = new Function(
        "run",
        "isAscii",
        "bytes",
        `return (${args}) => { const result = run(${args}); isAscii(bytes); return result; }`,
      ) as (f: typeof run, clear: typeof isAscii, over: Uint8Array) => typeof run;
      return [name, make(run, isAscii, bytes)];
    }),
  ) as unknown as E;
}
