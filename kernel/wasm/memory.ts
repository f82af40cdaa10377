/**
 * The one memory of the engine, shared with the compute threads.
 *
 * It grows, and never shrinks. A shared memory stays where it is when it grows, so a view made before remains right as
 * far as it reaches; `heap` holds views of all of it, made anew after a growth (design T5).
 */
const pageBytes = 65536;

/** The largest memory that this process may reserve: 4 GB is what 32-bit WebAssembly can address. */
function reserve(): { memory: WebAssembly.Memory; maximum: number } {
  let last: unknown;
  for (const maximum of [65536, 32768, 16384, 4096]) {
    try {
      return { memory: new WebAssembly.Memory({ initial: 256, maximum, shared: true }), maximum };
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

export const { memory, maximum: maximumPages } = reserve();

/** Views of the whole memory. Ask for them anew after every allocation. */
export const heap = {
  f32: new Float32Array(memory.buffer),
  f64: new Float64Array(memory.buffer),
  i32: new Int32Array(memory.buffer),
  u8: new Uint8Array(memory.buffer),
};

export function reservedBytes(): number {
  return heap.u8.length;
}
export const maximumBytes = maximumPages * pageBytes;

/** Makes the memory reach at least `bytes`, by half more than before so that growing stays rare. False: it cannot. */
export function growTo(bytes: number): boolean {
  const before = reservedBytes();
  if (bytes <= before) return true;
  if (bytes > maximumBytes) return false;
  const wish = Math.min(maximumBytes, Math.max(bytes, before + Math.min(before, 256 << 20)));
  for (const target of [wish, bytes]) {
    try {
      memory.grow(Math.ceil((target - before) / pageBytes));
    } catch {
      continue;
    }
    refreshViews();
    return true;
  }
  return false;
}

/** After a growth, also one that was ended before it came to this. */
export function refreshViews(): void {
  if (memory.buffer.byteLength === reservedBytes()) return;
  heap.f32 = new Float32Array(memory.buffer);
  heap.f64 = new Float64Array(memory.buffer);
  heap.i32 = new Int32Array(memory.buffer);
  heap.u8 = new Uint8Array(memory.buffer);
}
