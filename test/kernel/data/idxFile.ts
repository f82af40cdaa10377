/** Writes small IDX files for tests, from the format's description and not with the reader's code. */

export function idxBytes(shape: number[], elements: ArrayLike<number>, type = 0x08): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, type, shape.length]);
  shape.forEach((size, i) => header.writeUInt32BE(size, 4 + 4 * i));
  if (type === 0x08) return Buffer.concat([header, Uint8Array.from(elements)]);
  const values = Array.from(elements).map((value) => {
    const bytes = Buffer.alloc({ 0x09: 1, 0x0b: 2, 0x0c: 4, 0x0d: 4, 0x0e: 8 }[type]!);
    if (type === 0x09) bytes.writeInt8(value);
    if (type === 0x0b) bytes.writeInt16BE(value);
    if (type === 0x0c) bytes.writeInt32BE(value);
    if (type === 0x0d) bytes.writeFloatBE(value);
    if (type === 0x0e) bytes.writeDoubleBE(value);
    return bytes;
  });
  return Buffer.concat([header, ...values]);
}

/** The four files of a MNIST of `n` training and one test image; pixel k of image i is (i + k) % 256, label i is i % 10. */
export function smallMnist(n: number): { [name: string]: Buffer } {
  const pixel = (_: unknown, j: number) => (Math.floor(j / 784) + (j % 784)) % 256;
  const images = (count: number) => idxBytes([count, 28, 28], Array.from({ length: count * 784 }, pixel));
  const labels = (count: number) =>
    idxBytes(
      [count],
      Array.from({ length: count }, (_, i) => i % 10),
    );
  return {
    "train-images-idx3-ubyte": images(n),
    "train-labels-idx1-ubyte": labels(n),
    "t10k-images-idx3-ubyte": images(1),
    "t10k-labels-idx1-ubyte": labels(1),
  };
}
