/**
 * Jupyter messages as the frames that ZeroMQ carries, signed and checked.
 *
 * [identity…, "<IDS|MSG>", signature, header, parent header, metadata, content, buffer…]
 *
 * What comes in is judged in this order: sizes, signature, JSON, replay. Nothing of a message is parsed before its signature was
 * found right.
 *
 * Source: Jupyter messaging specification 5.5, "The wire protocol".
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Channel, Header, JsonObject, Message } from "../protocol/messages.ts";
import { Seen } from "./seen.ts";

const DELIMITER = Buffer.from("<IDS|MSG>");
/** What one message may hold; sizes in bytes. Cells are text: what is larger is no request of a front end. */
export const LIMITS = {
  /** Frames of one message, buffers included. */
  frames: 1024,
  identities: 16,
  identity: 255,
  /** Of the header, and of the parent header: each answer carries it back. */
  header: 64 * 2 ** 10,
  part: 64 * 2 ** 20,
  message: 256 * 2 ** 20,
  /** Objects and lists inside one another. What is sent on is written recursively, by V8 and by clients. */
  depth: 500,
  /** Characters of a message's id. */
  id: 1024,
} as const;
/** So many messages are remembered at least, to refuse one that comes a second time. */
const REMEMBERED = 65_536;
const SCHEMES = /^hmac-(sha256|sha384|sha512|sha1|md5)$/;
const PARTS = ["the header", "the parent header", "the metadata", "the content"] as const;

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
  private readonly seen = new Seen(REMEMBERED);

  /** @param key of the connection file; an empty one switches signing off, as the specification says. */
  constructor(key: string, signatureScheme = "hmac-sha256") {
    const [, hash] = SCHEMES.exec(signatureScheme) ?? [];
    if (hash === undefined && key !== "") {
      throw new WireError(
        `signature_scheme of the connection file is ${JSON.stringify(signatureScheme)}; the kernel knows hmac-sha256, hmac-sha384, hmac-sha512, hmac-sha1 and hmac-md5. Start it with one of these.`,
      );
    }
    this.key = key;
    this.hash = hash ?? "";
  }

  encode(message: Message, identities: readonly Uint8Array[] = []): Uint8Array[] {
    const { header, parent_header, metadata, content, buffers = [] } = message;
    const parts = [header, parent_header, metadata, content].map((part) =>
      Buffer.from(wellFormed(JSON.stringify(part))),
    );
    return [...identities, DELIMITER, Buffer.from(this.sign(parts)), ...parts, ...buffers];
  }

  /** @throws WireError which says what is wrong, without any of the message's text. */
  decode(channel: Channel, frames: readonly Uint8Array[]): Received {
    const at = checkSizes(frames);
    const [signature, ...rest] = frames.slice(at + 1);
    if (signature === undefined || rest.length < PARTS.length) {
      throw new WireError(`${rest.length} frames after the signature; ${PARTS.length} are needed`);
    }
    const parts = rest.slice(0, PARTS.length);
    this.checkSignature(signature, parts);
    const [header, parent_header, metadata, content] = parts.map(parsePart) as [
      JsonObject,
      JsonObject,
      JsonObject,
      JsonObject,
    ];
    const message: Message = {
      channel,
      header: readHeader(header),
      parent_header: parent_header as unknown as Header,
      metadata,
      content,
      // Copied: the socket's memory is its own.
      buffers: rest.slice(PARTS.length).map((buffer) => new Uint8Array(buffer)),
    };
    // jupyter_client's manager and its client count their messages each for itself under one session (`Session.clone`), so
    // an interrupt may have the id of an earlier request; a replay has its time and its type as well.
    const { msg_id, session, msg_type, date } = message.header;
    if (!this.seen.add(JSON.stringify([session, msg_id, msg_type, date])))
      throw new WireError("a message with this id was here before");
    return { identities: frames.slice(0, at).map((frame) => Buffer.from(frame)), message };
  }

  private sign(parts: readonly Uint8Array[]): string {
    if (this.key === "") return "";
    const hmac = createHmac(this.hash, this.key);
    for (const part of parts) hmac.update(part);
    return hmac.digest("hex");
  }

  private checkSignature(given: Uint8Array, parts: readonly Uint8Array[]): void {
    if (this.key === "") return;
    const right = Buffer.from(this.sign(parts));
    // Lengths are no secret; the comparison takes as long for a nearly right signature as for a wrong one.
    if (given.length === right.length && timingSafeEqual(given, right)) return;
    throw new WireError("wrong signature: the sender does not have the key of this kernel's connection file");
  }
}

/**
 * JSON with U+FFFD for each half of a surrogate pair, such as `"😀"[0]` is: no UTF-8 can hold one, and a front end in Python
 * that has read it cannot save its notebook any more. `JSON.stringify` writes halves, and nothing else, as `\\ud83d`.
 */
function wellFormed(json: string): string {
  return json.includes("\\ud")
    ? json.replace(/\\(?:ud[89a-f][0-9a-f]{2}|.)/g, (all) => (all.length > 2 ? "\uFFFD" : all))
    : json;
}

/** Where the delimiter is. */
function checkSizes(frames: readonly Uint8Array[]): number {
  const atMost = (what: string, found: number, limit: number): void => {
    if (found > limit) throw new WireError(`${what}: ${found}, at most ${limit} are possible`);
  };
  atMost("frames", frames.length, LIMITS.frames);
  const at = frames.findIndex((frame) => DELIMITER.equals(frame));
  if (at < 0) throw new WireError("no delimiter <IDS|MSG> among the frames");
  atMost("identities", at, LIMITS.identities);
  let all = 0;
  frames.forEach(({ length }, i) => {
    if (i < at) atMost("bytes of an identity", length, LIMITS.identity);
    else if (i === at + 2 || i === at + 3) atMost(`bytes of ${PARTS[i - at - 2]}`, length, LIMITS.header);
    else atMost("bytes of a frame", length, LIMITS.part);
    all += length;
  });
  atMost("bytes of all frames", all, LIMITS.message);
  return at;
}

/** `__proto__` is a key like any other here: `JSON.parse` makes it a field, and nobody's prototype changes. */
function parsePart(bytes: Uint8Array, index: number): JsonObject {
  const what = PARTS[index];
  if (isTooDeep(bytes)) throw new WireError(`${what} has more than ${LIMITS.depth} objects inside one another`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new WireError(`${what} is no JSON in UTF-8`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new WireError(`${what} is no JSON object`);
  }
  return value as JsonObject;
}

/** Counted in the bytes, before anything recursive sees them. */
function isTooDeep(bytes: Uint8Array): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    if (inString) {
      if (byte === 0x5c /* \ */) i++;
      else if (byte === 0x22 /* " */) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x7b /* { */ || byte === 0x5b /* [ */) {
      if (++depth > LIMITS.depth) return true;
    } else if (byte === 0x7d /* } */ || byte === 0x5d /* ] */) depth--;
  }
  return false;
}

function readHeader(header: JsonObject): Header {
  for (const name of ["msg_id", "msg_type"]) {
    const value = header[name];
    if (typeof value !== "string" || value === "") throw new WireError(`the header has no ${name}`);
    if (value.length > LIMITS.id) throw new WireError(`${name} has ${value.length} characters, at most ${LIMITS.id}`);
  }
  // Everything else goes back as it came: it is the parent header of the answers.
  return header as unknown as Header;
}
