/**
 * Jupyter messages as the frames that ZeroMQ carries, signed and checked.
 *
 * [identity…, "<IDS|MSG>", signature, header, parent header, metadata, content, buffer…]
 *
 * Source: Jupyter messaging specification 5.5, "The wire protocol".
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Channel, Header, JsonObject, Message } from "../protocol/messages.ts";

const DELIMITER = Buffer.from("<IDS|MSG>");
/** What one message may hold, in bytes. Cells are text; what is larger is no request of a front end. */
export const LIMITS = { identity: 255, frames: 1000, part: 64 * 2 ** 20, message: 256 * 2 ** 20 } as const;
/** So many signatures are remembered, to refuse a message that comes a second time. */
const REMEMBERED = 65_536;

/** The frames were not made by somebody who has the key, or not by a program that knows the protocol. */
export class WireError extends Error {
  override readonly name = "WireError";
}

export interface Received {
  /** Where a reply goes, as the socket said it. */
  identities: Buffer[];
  message: Message;
}

export class Wire {
  private readonly key: string;
  /** Node's name of the hash; "" without a key. */
  private readonly hash: string;
  private seen = new Set<string>();
  private seenBefore = new Set<string>();

  /** @param key of the connection file; an empty one switches signing off, as the specification says. */
  constructor(key: string, signatureScheme = "hmac-sha256") {
    const [, hash] = /^hmac-(sha256|sha384|sha512|sha1|md5)$/.exec(signatureScheme) ?? [];
    if (hash === undefined && key !== "") {
      throw new WireError(
        `signature_scheme of the connection file is ${JSON.stringify(signatureScheme)}; the kernel knows hmac-sha256, hmac-sha384, hmac-sha512, hmac-sha1 and hmac-md5.`,
      );
    }
    this.key = key;
    this.hash = hash ?? "";
  }

  encode(message: Message, identities: readonly Uint8Array[] = []): Uint8Array[] {
    const { header, parent_header, metadata, content, buffers = [] } = message;
    const parts = [header, parent_header, metadata, content].map((part) => Buffer.from(JSON.stringify(part)));
    return [...identities, DELIMITER, Buffer.from(this.sign(parts)), ...parts, ...buffers];
  }

  /** @throws WireError which says what is wrong, without any of the message's text. */
  decode(channel: Channel, frames: readonly Uint8Array[]): Received {
    checkSizes(frames);
    const at = frames.findIndex((frame) => DELIMITER.equals(frame));
    if (at < 0) throw new WireError("no delimiter <IDS|MSG> among the frames");
    const [signature, ...rest] = frames.slice(at + 1);
    if (signature === undefined || rest.length < 4)
      throw new WireError(`${rest.length} frames after the signature, 4 are needed`);
    const parts = rest.slice(0, 4);
    this.check(Buffer.from(signature).toString("latin1"), parts);
    const [header, parent_header, metadata, content] = parts.map(parseObject);
    return {
      identities: frames.slice(0, at).map((frame) => Buffer.from(frame)),
      message: {
        channel,
        header: readHeader(header!),
        parent_header: parent_header as unknown as Header,
        metadata: metadata!,
        content: content!,
        // Copied: the socket's memory is its own.
        buffers: rest.slice(4).map((buffer) => new Uint8Array(buffer)),
      },
    };
  }

  private sign(parts: readonly Uint8Array[]): string {
    if (this.key === "") return "";
    const hmac = createHmac(this.hash, this.key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  }

  private check(signature: string, parts: readonly Uint8Array[]): void {
    if (this.key === "") return;
    const right = Buffer.from(this.sign(parts));
    const given = Buffer.from(signature);
    // Lengths are no secret; the comparison takes as long for a nearly right signature as for a wrong one.
    if (given.length !== right.length || !timingSafeEqual(given, right)) throw new WireError("wrong signature");
    if (this.seen.has(signature) || this.seenBefore.has(signature))
      throw new WireError("the same message a second time");
    this.seen.add(signature);
    if (this.seen.size < REMEMBERED) return;
    this.seenBefore = this.seen;
    this.seen = new Set();
  }
}

function checkSizes(frames: readonly Uint8Array[]): void {
  if (frames.length > LIMITS.frames) throw new WireError(`${frames.length} frames, more than ${LIMITS.frames}`);
  let all = 0;
  for (const { length } of frames) {
    if (length > LIMITS.part) throw new WireError(`a frame of ${length} bytes, more than ${LIMITS.part}`);
    all += length;
  }
  if (all > LIMITS.message) throw new WireError(`${all} bytes, more than ${LIMITS.message}`);
}

function parseObject(bytes: Uint8Array): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new WireError("a part is no JSON in UTF-8");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new WireError("a part is no JSON object");
  return value as JsonObject;
}

function readHeader(header: JsonObject): Header {
  const text = (name: string): string => (typeof header[name] === "string" ? header[name] : "");
  if (text("msg_id") === "" || text("msg_type") === "") throw new WireError("a header without msg_id or msg_type");
  // Everything else goes back as it came: it is the parent header of the answers.
  return header as unknown as Header;
}
