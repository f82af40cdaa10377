/** Small pictures without a canvas: PNG with a palette, or with 24-bit colours. Source: PNG specification (W3C, third edition). */
import { crc32, deflateSync } from "node:zlib";

/** `pixels`: one byte each with a `palette` of up to 256 colours, else three bytes each. Returns base64. */
export function png(width: number, height: number, pixels: Uint8Array, palette?: Uint8Array): string {
  const bytes = palette ? 1 : 3;
  const lines = Buffer.alloc(height * (width * bytes + 1));
  // Each line begins with its filter: 0, none.
  for (let y = 0; y < height; y++)
    lines.set(pixels.subarray(y * width * bytes, (y + 1) * width * bytes), y * (width * bytes + 1) + 1);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, palette ? 3 : 2], 8);
  const parts = [
    chunk("IHDR", head),
    ...(palette ? [chunk("PLTE", palette)] : []),
    chunk("IDAT", deflateSync(lines)),
    chunk("IEND", new Uint8Array()),
  ];
  return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), ...parts]).toString("base64");
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const result = Buffer.alloc(body.length + 8);
  result.writeUInt32BE(data.length, 0);
  result.set(body, 4);
  result.writeUInt32BE(crc32(body), body.length + 4);
  return result;
}
