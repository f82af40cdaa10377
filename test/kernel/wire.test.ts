/** The frames of Jupyter's wire protocol, in memory: what is accepted, and every reason to refuse. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { makeMessage, realEnvironment } from "../../kernel/protocol/message.ts";
import type { Message } from "../../kernel/protocol/messages.ts";
import { Seen } from "../../kernel/transport/seen.ts";
import { LIMITS, Wire, WireError } from "../../kernel/transport/wire.ts";

const KEY = "a key";
const bytes = (value: unknown): Buffer => Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
let ids = 0;
const header = (more: object = {}): object => ({
  msg_id: `id ${++ids}`,
  msg_type: "kernel_info_request",
  session: "s",
  username: "u",
  date: "2026-11-23T00:00:00Z",
  version: "5.4",
  ...more,
});

/** Frames as a client makes them: written out here, not by the code that is tested. */
function frames(
  parts: unknown[] = [header(), {}, {}, {}],
  { key = KEY, hash = "sha256", identities = [bytes("me")], buffers = [] as Uint8Array[] } = {},
): Uint8Array[] {
  const all = parts.map((part) => (part instanceof Uint8Array ? part : bytes(part)));
  const signature = key === "" ? "" : createHmac(hash, key).update(Buffer.concat(all)).digest("hex");
  return [...identities, bytes("<IDS|MSG>"), bytes(signature), ...all, ...buffers];
}

const deep = (n: number): string => `{"a":${"[".repeat(n - 1)}${"]".repeat(n - 1)}}`;

describe("wire: what is accepted", () => {
  const check = (name: string, make: () => Uint8Array[], judge: (message: Message) => void, wire = new Wire(KEY)) =>
    it(name, () => judge(wire.decode("shell", make()).message));

  check("a signed request", frames, ({ channel, header: { msg_type }, content }) =>
    assert.deepEqual([channel, msg_type, content], ["shell", "kernel_info_request", {}]),
  );
  for (const hash of ["sha256", "sha384", "sha512", "sha1", "md5"]) {
    check(
      `a signature by hmac-${hash}`,
      () => frames(undefined, { hash }),
      ({ content }) => assert.deepEqual(content, {}),
      new Wire(KEY, `hmac-${hash}`),
    );
  }
  check(
    "without a key, any signature",
    () => frames(undefined, { key: "another" }),
    ({ content }) => assert.deepEqual(content, {}),
    new Wire("", ""),
  );
  check(
    "text outside ASCII, and a lone surrogate as an escape",
    () => frames([header(), {}, {}, '{"code":"ü𝒳 \\ud800"}']),
    ({ content }) => assert.equal(content["code"], "ü𝒳 \ud800"),
  );
  check(
    "fields of the header that we do not know: they go back as they came",
    () => frames([header({ subshell_id: "x", mine: [1] }), {}, {}, {}]),
    ({ header: found }) => assert.deepEqual([(found as never)["subshell_id"], (found as never)["mine"]], ["x", [1]]),
  );
  check(
    "of a key that comes twice, the last one, as in Python",
    () => frames([header(), {}, {}, '{"silent":true,"silent":false}']),
    ({ content }) => assert.equal(content["silent"], false),
  );
  check(
    "`__proto__` and `constructor` as plain fields: nobody's prototype changes",
    () => frames([header(), {}, {}, '{"__proto__":{"silent":true},"constructor":{"prototype":{"silent":true}}}']),
    ({ content }) => {
      assert.equal(content["silent"], undefined);
      assert.equal(({} as { silent?: boolean }).silent, undefined);
      assert.equal(Object.getPrototypeOf(content), Object.prototype);
      assert.deepEqual(Object.keys(content), ["__proto__", "constructor"]);
    },
  );
  check(
    "as many objects inside one another as the limit says",
    () => frames([header(), {}, {}, deep(LIMITS.depth)]),
    ({ content }) => assert.ok("a" in content),
  );
  check(
    "any number of brackets inside a string",
    () => frames([header(), {}, {}, { code: '["\\' + "[{".repeat(LIMITS.depth) }]),
    ({ content }) => assert.equal((content["code"] as string).length, 3 + 2 * LIMITS.depth),
  );
  check(
    "buffers, as copies of their own",
    () => frames(undefined, { buffers: [new Uint8Array([1, 2]), new Uint8Array()] }),
    ({ buffers }) => assert.deepEqual(buffers, [new Uint8Array([1, 2]), new Uint8Array()]),
  );
  check(
    "a session and a date of any kind, which go back as they came",
    () => frames([header({ session: { toString: 1 }, date: [[]] }), {}, {}, {}]),
    ({ header }) => assert.deepEqual([header.session, header.date], [{ toString: 1 }, [[]]]),
  );
  it("the identities that the sockets put in front come back, binary ones too", () => {
    const identities = [Buffer.from([0, 255, 1]), Buffer.alloc(LIMITS.identity, 7), Buffer.alloc(0)];
    assert.deepEqual(new Wire(KEY).decode("control", frames(undefined, { identities })).identities, identities);
  });
  it("what the kernel writes is what a client reads: order, signature, parent, buffers", () => {
    const sender = { session: "k", username: "kernel", environment: realEnvironment };
    const parent = header() as Message["header"];
    const message = makeMessage(sender, "shell", "execute_reply", { status: "ok", text: "ü" }, { parent });
    message.buffers = [new Uint8Array([9])];
    const [identity, delimiter, signature, ...rest] = new Wire(KEY).encode(message, [bytes("me")]);
    assert.deepEqual([identity, delimiter].map(String), ["me", "<IDS|MSG>"]);
    const right = createHmac("sha256", KEY)
      .update(Buffer.concat(rest.slice(0, 4)))
      .digest("hex");
    assert.equal(String(signature), right);
    assert.deepEqual(
      rest.slice(0, 4).map((part) => JSON.parse(String(part)) as unknown),
      [message.header, parent, {}, message.content],
    );
    assert.deepEqual(rest.slice(4), [new Uint8Array([9])]);
  });
  it("half a surrogate pair, which no UTF-8 can hold, is written as U+FFFD; whole ones and backslashes stay", () => {
    const sender = { session: "k", username: "kernel", environment: realEnvironment };
    const text = `${"😀"[0]}😀\\ud83d\\${"😀"[1]}"\n${"😀"[1]}`;
    const message = makeMessage(sender, "iopub", "stream", { name: "stdout", text });
    const content = JSON.parse(String(new Wire(KEY).encode(message)[5])) as { text: string };
    assert.equal(content.text, text.toWellFormed());
    assert.notEqual(content.text, text);
  });
});

describe("wire: what is refused", () => {
  const check = (name: string, why: RegExp, make: () => Uint8Array[]) =>
    it(name, () => {
      const wire = new Wire(KEY);
      const given = make();
      assert.throws(
        () => wire.decode("shell", given),
        (error: Error) => {
          assert.ok(error instanceof WireError, String(error.stack));
          assert.match(error.message, why);
          return true;
        },
      );
      // The next good one is none the worse for it.
      assert.ok(wire.decode("shell", frames()));
    });
  const flipped = (index: number) => (): Uint8Array[] => {
    const all = frames([header(), { msg_id: "p" }, { a: 1 }, { code: "1" }]).map((frame) => Buffer.from(frame));
    const frame = all[index]!;
    // Within a text, so that it is JSON as before.
    frame[frame.length - 3]! ^= 1;
    return all;
  };

  check("nothing at all", /no delimiter/, () => []);
  check("frames without a delimiter", /no delimiter/, () => [bytes("me"), bytes("hello")]);
  check("a delimiter and nothing behind it", /0 frames after the signature; 4 are needed/, () => [bytes("<IDS|MSG>")]);
  check("a message that ends in the middle", /3 frames after the signature; 4 are needed/, () => frames().slice(0, -1));
  check("an identity that looks like the delimiter", /wrong signature|frames after/, () =>
    frames(undefined, { identities: [bytes("<IDS|MSG>")] }),
  );
  check("no signature, where there is a key", /wrong signature/, () => frames(undefined, { key: "" }));
  check("a signature by another key", /wrong signature.*connection file/, () => frames(undefined, { key: "a kez" }));
  check("a signature by another hash", /wrong signature/, () => frames(undefined, { hash: "sha512" }));
  check("a signature in capitals", /wrong signature/, () =>
    frames().map((frame, i) => (i === 2 ? bytes(String(Buffer.from(frame)).toUpperCase()) : frame)),
  );
  for (const [index, what] of ["signature", "header", "parent header", "metadata", "content"].entries()) {
    check(`one bit changed in the ${what}`, /wrong signature/, flipped(index + 2));
  }
  check("parts in another order", /wrong signature/, () => {
    const [a, b, c, d, e, f, g] = frames([header(), {}, { a: 1 }, { b: 1 }]);
    return [a!, b!, c!, d!, e!, g!, f!];
  });

  check("more frames than the limit", /frames: 1025, at most 1024/, () => [
    ...Array.from({ length: 1018 }, () => new Uint8Array()),
    ...frames(),
  ]);
  check("more identities than the limit", /identities: 17, at most 16/, () =>
    frames(undefined, { identities: Array.from({ length: 17 }, () => bytes("i")) }),
  );
  check("a longer identity", /bytes of an identity: 256, at most 255/, () =>
    frames(undefined, { identities: [Buffer.alloc(256)] }),
  );
  check("a huge header", /bytes of the header: \d+, at most 65536/, () =>
    frames([header({ x: "x".repeat(LIMITS.header) }), {}, {}, {}]),
  );
  check("a huge parent header", /bytes of the parent header: \d+, at most 65536/, () =>
    frames([header(), { x: "x".repeat(LIMITS.header) }, {}, {}]),
  );
  check("a huge content", /bytes of a frame: \d+, at most 67108864/, () => {
    // One page of zeros: it is refused by its length, before anybody reads it.
    return frames().map((frame, i) => (i === 6 ? new Uint8Array(LIMITS.part + 1) : frame));
  });
  check("many large buffers", /bytes of all frames: \d+, at most 268435456/, () => {
    const buffer = new Uint8Array(LIMITS.part);
    return frames(undefined, { buffers: [buffer, buffer, buffer, buffer] });
  });

  const parts = ["the header", "the parent header", "the metadata", "the content"];
  for (const [index, what] of parts.entries()) {
    const withPart = (part: unknown) => (): Uint8Array[] =>
      frames([header(), {}, {}, {}].map((other, i) => (i === index ? part : other)));
    check(`${what} is no JSON`, new RegExp(`^${what} is no JSON in UTF-8`), withPart('{"a":'));
    check(
      `${what} is not UTF-8`,
      new RegExp(`^${what} is no JSON in UTF-8`),
      withPart(Buffer.from('{"a":"\xff"}', "latin1")),
    );
    check(`${what} is a list`, new RegExp(`^${what} is no JSON object`), withPart("[1]"));
    check(`${what} is null`, new RegExp(`^${what} is no JSON object`), withPart("null"));
    check(`${what} is empty`, new RegExp(`^${what} is no JSON`), withPart(""));
    check(`${what} is too deep`, new RegExp(`^${what} has more than 500 objects`), withPart(deep(LIMITS.depth + 1)));
  }
  check("a million brackets", /more than 500/, () => frames([header(), {}, {}, `{"a":${"[".repeat(1e6)}`]));
  check("NaN, which Python writes and JSON does not have", /the content is no JSON/, () =>
    frames([header(), {}, {}, '{"a":NaN}']),
  );
  check("no msg_id", /the header has no msg_id/, () => frames([header({ msg_id: undefined }), {}, {}, {}]));
  check("a msg_id that is no text", /the header has no msg_id/, () => frames([header({ msg_id: 5 }), {}, {}, {}]));
  check("no msg_type", /the header has no msg_type/, () => frames([header({ msg_type: "" }), {}, {}, {}]));
  check("an id without end", /msg_id has 1025 characters, at most 1024/, () =>
    frames([header({ msg_id: "x".repeat(1025) }), {}, {}, {}]),
  );

  it("a message that comes a second time, on any channel", () => {
    const wire = new Wire(KEY);
    const given = frames();
    wire.decode("shell", given);
    for (const channel of ["shell", "control", "stdin"] as const) {
      assert.throws(() => wire.decode(channel, given), /a message with this id was here before/);
    }
  });
  it("the id of an earlier message with another content; other clients may use it", () => {
    const wire = new Wire(KEY);
    const first = header({ msg_id: "twice" });
    wire.decode("shell", frames([first, {}, {}, { code: "1" }]));
    assert.throws(() => wire.decode("shell", frames([first, {}, {}, { code: "2" }])), /was here before/);
    wire.decode("shell", frames([{ ...first, session: "another" }, {}, {}, {}]));
  });
  it("not the interrupt of a manager that counts anew under its client's session", () => {
    const wire = new Wire(KEY);
    const first = header({ msg_id: "session_1_0", msg_type: "kernel_info_request" });
    wire.decode("shell", frames([first, {}, {}, {}]));
    wire.decode("control", frames([{ ...first, msg_type: "interrupt_request" }, {}, {}, {}]));
    wire.decode("control", frames([{ ...first, msg_type: "interrupt_request", date: "later" }, {}, {}, {}]));
  });
  it("a second time also without a key", () => {
    const wire = new Wire("");
    const given = frames(undefined, { key: "" });
    wire.decode("shell", given);
    assert.throws(() => wire.decode("shell", given), /was here before/);
  });
  it("a forged message does not use up the id of a real one", () => {
    const wire = new Wire(KEY);
    const own = header();
    assert.throws(() => wire.decode("shell", frames([own, {}, {}, {}], { key: "forged" })), /wrong signature/);
    wire.decode("shell", frames([own, {}, {}, {}]));
  });
  it("a signature scheme that is none, by name and with the possible ones", () => {
    assert.throws(() => new Wire(KEY, "hmac-crc32"), /"hmac-crc32"; the kernel knows hmac-sha256.*Start it with one/);
  });
  it("nothing that was sent is in the error, which goes to a log", () => {
    const secret = "s3cret";
    for (const given of [
      frames([header({ [secret]: 1 }), {}, {}, `{"code": "${secret}"`]),
      frames([header({ msg_type: secret }), {}, {}, {}], { key: "forged" }),
    ]) {
      assert.throws(
        () => new Wire(KEY).decode("shell", given),
        (error: Error) => !error.message.includes(secret),
      );
    }
  });
  it("whatever random frames come: a message or a WireError, and nothing unsigned is a message", () => {
    const frame = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constantFrom(...frames(), bytes("<IDS|MSG>")));
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), (given) => {
        const open = new Wire("");
        const closed = new Wire(KEY);
        for (const wire of [open, closed]) {
          try {
            wire.decode("shell", given);
          } catch (error) {
            assert.ok(error instanceof WireError, String(error));
            continue;
          }
          if (wire === open) continue;
          const at = given.findIndex((each) => String(Buffer.from(each)) === "<IDS|MSG>");
          const right = createHmac("sha256", KEY)
            .update(Buffer.concat(given.slice(at + 2, at + 6)))
            .digest("hex");
          assert.equal(String(Buffer.from(given[at + 1]!)), right);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("messages that were here before", () => {
  it("the newest ones are remembered, never more than twice as many, and a long id takes no more room than a short one", () => {
    const seen = new Seen(100);
    const name = (i: number): string => `${i}`.padEnd(10 * (i % 100), "x");
    for (let i = 0; i < 1000; i++) {
      assert.ok(seen.add(name(i)));
      assert.ok(!seen.add(name(i)));
      if (i >= 100) assert.ok(!seen.add(name(i - 100)));
    }
    const kept = Object.values(seen).flatMap((value: unknown) => (value instanceof Set ? [...value] : []) as string[]);
    assert.ok(kept.length >= 100 && kept.length <= 200, `${kept.length}`);
    assert.ok(kept.every(({ length }) => length < 50));
  });
});
