/** The memory of the arrays in a result, to be moved and not copied. */
export function buffersIn(value: unknown, found = new Set<ArrayBuffer>()): ArrayBuffer[] {
  if (ArrayBuffer.isView(value)) {
    if (isOwn(value)) found.add(value.buffer as ArrayBuffer);
  } else if (typeof value === "object" && value !== null)
    for (const entry of Object.values(value)) buffersIn(entry, found);
  return [...found];
}

/** A part of a larger buffer stays: Node's pool of small buffers cannot be moved, and others may look at it. */
const isOwn = (view: ArrayBufferView) =>
  view.buffer instanceof ArrayBuffer && view.byteLength === view.buffer.byteLength && !Buffer.isBuffer(view);
