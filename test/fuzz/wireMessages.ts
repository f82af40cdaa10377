/** Multipart messages for the wire fuzz: random, mutated, forged, and signed nonsense. A seed makes the same one again. */
import { createHmac } from "node:crypto";
import { Random } from "./random.ts";

export const CHANNELS = ["shell", "control", "stdin"] as const;
export type FuzzChannel = (typeof CHANNELS)[number];
const DELIMITER = Buffer.from("<IDS|MSG>");

export interface FuzzMessage {
  kind: string;
  channel: FuzzChannel;
  frames: Buffer[];
  /** Id of a request to which exactly one reply is due. */
  due?: string;
}

/** Requests that a kernel answers on shell, with contents that make sense. None ends the kernel. */
const REQUESTS: { [type: string]: object } = {
  kernel_info_request: {},
  execute_request: { code: "1 + 1", silent: false, store_history: false, user_expressions: {}, allow_stdin: false },
  is_complete_request: { code: "1 +" },
  history_request: { hist_access_type: "tail", n: 3, raw: true, output: false },
  comm_info_request: {},
};
const SILENT = ["comm_open", "comm_msg", "comm_close", "input_reply"];
const NONSENSE: unknown[] = [
  null,
  true,
  -1,
  1e308,
  "",
  "\u0000\ud800",
  [],
  [[]],
  {},
  { toString: 1, then: 2 },
  "__proto__",
  "x".repeat(5000),
];

/** `forgedCode` must never run: it is only in messages that nobody with the key has signed. */
export function fuzzMessage(seed: number, key: string, forgedCode: string): FuzzMessage {
  const random = new Random(seed);
  const channel = random.pick(CHANNELS);
  const id = `fuzz-${seed}`;
  const header = (msg_type: string, more: object = {}): object => ({
    ...{
      msg_id: id,
      msg_type,
      session: `fuzz-${seed % 7}`,
      username: "u",
      date: "2026-11-23T00:00:00Z",
      version: "5.4",
    },
    ...more,
  });
  const signed = (parts: (object | string | Buffer)[], withKey = key, hash = "sha256"): Buffer[] => {
    const bytes = parts.map((part) =>
      Buffer.isBuffer(part) ? part : Buffer.from(typeof part === "string" ? part : JSON.stringify(part)),
    );
    const hmac = createHmac(hash, withKey);
    for (const part of bytes) hmac.update(part);
    return [DELIMITER, Buffer.from(hmac.digest("hex")), ...bytes];
  };
  const forged = { ...REQUESTS["execute_request"], code: forgedCode };
  const garbage = (longest: number): Buffer =>
    Buffer.from(random.times(random.below(longest), () => random.below(256)));
  const part = (): object | string | Buffer =>
    random.pick<object | string | Buffer>([{}, "[]", "null", "{", "", garbage(50)]);

  const kinds: { [kind: string]: () => Omit<FuzzMessage, "kind" | "channel"> } = {
    good: () => {
      const type = random.pick(Object.keys(REQUESTS));
      return { frames: signed([header(type), {}, {}, REQUESTS[type]!]), due: id };
    },
    random: () => ({ frames: random.times(random.below(14), () => garbage(random.chance(0.02) ? 20_000 : 80)) }),
    "random behind a delimiter": () => ({ frames: [DELIMITER, ...random.times(random.below(9), () => garbage(200))] }),
    "wrong key": () => ({ frames: signed([header("execute_request"), {}, {}, forged], `${key}${random.below(9)}`) }),
    "wrong hash": () => ({
      frames: signed([header("execute_request"), {}, {}, forged], key, random.pick(["sha1", "sha512", "md5"])),
    }),
    unsigned: () => {
      const frames = signed([header("execute_request"), {}, {}, forged]);
      frames[1] = random.pick([Buffer.alloc(0), garbage(64), Buffer.alloc(64, "0"), frames[1]!.subarray(0, 63)]);
      return { frames };
    },
    // The signature of a harmless request, in front of another one.
    "mutated bytes": () => {
      const frames = signed([header("execute_request"), {}, {}, REQUESTS["execute_request"]!]);
      frames[5] = Buffer.from(JSON.stringify(forged));
      const parts = random.times(random.below(3), () => random.pick(frames.slice(1)));
      for (const frame of parts) if (frame.length > 0) frame[random.below(frame.length)]! ^= 1 << random.below(8);
      return { frames };
    },
    "mutated frames": () => {
      const frames = signed([header("execute_request"), {}, {}, forged], `${key}!`);
      for (let n = 1 + random.below(4); n > 0; n--) {
        const at = random.below(frames.length + 1);
        const change = random.below(4);
        if (change === 0) frames.splice(at, 1);
        else if (change === 1) frames.splice(at, 0, garbage(100));
        else if (change === 2) frames.splice(at, 0, frames[random.below(frames.length)] ?? DELIMITER);
        else frames.reverse();
      }
      return { frames };
    },
    truncated: () => {
      const frames = signed([header("execute_request"), {}, {}, REQUESTS["execute_request"]!]);
      const left = frames.slice(0, random.below(frames.length));
      const last = left.pop();
      return { frames: last ? [...left, last.subarray(0, random.below(last.length + 1))] : left };
    },
    "signed, parts that are no objects": () => {
      const parts = [header(random.pick(Object.keys(REQUESTS))), {}, {}, {}].map((good) =>
        random.chance(0.5) ? part() : good,
      );
      parts[random.below(4)] = random.pick(["[]", "null", "{", "", garbage(50)]);
      return { frames: signed(parts) };
    },
    "signed, unknown type": () => ({
      frames: signed([
        header(random.pick(["", "x", "__proto__", "toString", "status", "execute_reply", "a_request"])),
        {},
        {},
        {},
      ]),
    }),
    "signed, nothing is due": () => ({
      frames: signed([
        header(random.pick(SILENT)),
        {},
        {},
        { comm_id: random.pick(NONSENSE), data: random.pick(NONSENSE) },
      ]),
    }),
    "signed, fields of any kind": () => {
      const type = random.pick(Object.keys(REQUESTS));
      const content = Object.fromEntries(
        Object.entries(REQUESTS[type]!).map(([name, value]) => [
          name,
          random.chance(0.4) ? random.pick(NONSENSE) : value,
        ]),
      );
      return { frames: signed([header(type), {}, {}, content]), due: id };
    },
    "signed, header fields of any kind": () => ({
      frames: signed([
        header("kernel_info_request", { [random.pick(["msg_id", "msg_type"])]: random.pick([null, 5, [], {}, ""]) }),
        ...[{}, {}, {}],
      ]),
    }),
    "signed, huge header": () => {
      const where = random.below(2);
      const huge = { x: "x".repeat(66_000 + random.below(100_000)) };
      return {
        frames: signed([
          where === 0 ? header("kernel_info_request", huge) : header("kernel_info_request"),
          where === 1 ? huge : {},
          {},
          {},
        ]),
      };
    },
    "signed, too deep": () => ({
      frames: signed([header("kernel_info_request"), {}, {}, `{"a":${"[".repeat(501 + random.below(5000))}`]),
    }),
    "signed, curious keys": () => ({
      frames: signed([
        header("kernel_info_request"),
        {},
        '{"__proto__":{"x":1},"a":1,"a":2}',
        '{"constructor":{"prototype":5}}',
      ]),
      due: id,
    }),
    "many frames": () => ({ frames: [...random.times(1025 + random.below(500), () => Buffer.alloc(0)), DELIMITER] }),
    buffers: () => ({
      frames: [
        ...signed([header("kernel_info_request"), {}, {}, {}]),
        ...random.times(random.below(20), () => garbage(100)),
      ],
      due: id,
    }),
    "long identities": () => ({
      frames: [garbage(600), ...signed([header("execute_request"), {}, {}, forged], `${key}!`)],
    }),
  };
  const kind = random.pick(Object.keys(kinds));
  const made = kinds[kind]!();
  // What stdin gets has no reply.
  const { due, ...rest } = made;
  return { kind, channel, ...rest, ...(due !== undefined && channel !== "stdin" && { due }) };
}
