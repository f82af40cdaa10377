/**
 * Bytes inside of a state: on the wire they stand beside the JSON, and `buffer_paths` says where each belongs. In an
 * object the key is left out, in an array `null` keeps the place.
 */
type Path = (string | number)[];
type Json = { [key: string]: unknown };

export interface Separated {
  state: Json;
  buffer_paths: Path[];
  buffers: ArrayBufferView[];
}

/** The state without its bytes; what was given stays as it is. */
export function withoutBuffers(state: Json): Separated {
  const buffer_paths: Path[] = [];
  const buffers: ArrayBufferView[] = [];
  const take = (value: unknown, path: Path): boolean => {
    if (!ArrayBuffer.isView(value)) return false;
    buffer_paths.push(path);
    buffers.push(value);
    return true;
  };
  const copy = (value: unknown, path: Path): unknown => {
    if (Array.isArray(value))
      return value.map((item, i) => (take(item, [...path, i]) ? null : copy(item, [...path, i])));
    if (typeof value !== "object" || value === null) return value;
    const kept: Json = {};
    for (const [key, item] of Object.entries(value))
      if (!take(item, [...path, key])) kept[key] = copy(item, [...path, key]);
    return kept;
  };
  return { state: copy(state, []) as Json, buffer_paths, buffers };
}

/** Puts the bytes back, into the state itself. A path that leads nowhere is an error. */
export function putBuffers(state: Json, paths: readonly Path[], buffers: readonly Uint8Array[]): Json {
  paths.forEach((path, i) => {
    let inside: unknown = state;
    for (const key of path.slice(0, -1)) inside = isOwn(inside, key) ? inside[key] : undefined;
    const last = path.at(-1);
    // A path comes from outside: it must not lead to what the language gives every object.
    const refused = last === undefined || last === "__proto__" || typeof inside !== "object" || inside === null;
    if (refused || buffers[i] === undefined)
      throw new TypeError(`buffer_paths: ${JSON.stringify(path)} names no place in the state, or has no buffer.`);
    (inside as Json)[last] = buffers[i];
  });
  return state;
}

const isOwn = (value: unknown, key: string | number): value is Json =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key);
