/**
 * The file name under which a debugger knows a cell: a hash of its text, so that kernel and front end agree without asking
 * each other. No such file need exist.
 *
 * Source: MurmurHash2 by Austin Appleby, which JupyterLab's debugger uses; over UTF-8 bytes, as it does.
 */
export const CELL_HASH = { method: "Murmur2", seed: 0x67726164, suffix: ".ts" } as const;

/** `prefix` is what the kernel named when it was asked to debug. */
export function cellSource(prefix: string, code: string): string {
  return `${prefix}${murmur2(new TextEncoder().encode(code), CELL_HASH.seed)}${CELL_HASH.suffix}`;
}

export function murmur2(bytes: Uint8Array, seed: number): number {
  const m = 0x5bd1e995;
  const mix = (k: number): number => {
    const mixed = Math.imul(k, m);
    return Math.imul(mixed ^ (mixed >>> 24), m);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.length & ~3;
  let h = seed ^ bytes.length;
  for (let i = 0; i < whole; i += 4) h = Math.imul(h, m) ^ mix(view.getUint32(i, true));
  const rest = bytes.length - whole;
  if (rest > 0) {
    for (let i = rest; i-- > 0;) h ^= bytes[whole + i]! << (8 * i);
    h = Math.imul(h, m);
  }
  h = Math.imul(h ^ (h >>> 13), m);
  return (h ^ (h >>> 15)) >>> 0;
}
