/** Writes small files of CIFAR-10's binary version, and tar archives, from their descriptions. */

/** Image i of file f (0 is the one to test with) has the label (f + i) % 10, and (f + i + k) % 256 as its byte k. */
export function smallCifar10(perFile: number): { [name: string]: Buffer } {
  const record = (f: number, i: number) => {
    return Buffer.from([(f + i) % 10, ...Array.from({ length: 3072 }, (_, k) => (f + i + k) % 256)]);
  };
  const file = (f: number) => Buffer.concat(Array.from({ length: perFile }, (_, i) => record(f, i)));
  const train = [1, 2, 3, 4, 5].map((f) => [`data_batch_${f}.bin`, file(f)]);
  return Object.fromEntries([...train, ["test_batch.bin", file(0)]]);
}

/** A ustar archive; a name that ends with a slash is a folder. */
export function tarBytes(files: { [name: string]: Buffer }): Buffer {
  const blocks = Object.entries(files).flatMap(([path, bytes]) => {
    const header = Buffer.alloc(512);
    const cut = path.length > 100 ? path.lastIndexOf("/", path.length - 2) : -1;
    header.write(path.slice(cut + 1), 0);
    header.write(cut < 0 ? "" : path.slice(0, cut), 345);
    header.write("0000644\0", 100);
    header.write(`${bytes.length.toString(8).padStart(11, "0")}\0`, 124);
    header.write(path.endsWith("/") ? "5" : "0", 156);
    header.write("ustar\x0000", 257);
    header.fill(" ", 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    return [header, bytes, Buffer.alloc(-bytes.length & 511)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
