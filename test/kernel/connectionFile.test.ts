/** The connection file: what it may hold, whose it is, what the log says of it. */
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  addressOf,
  checkCapability,
  parseConnection,
  readConnectionFile,
  warningsOf,
  writePorts,
} from "../../kernel/transport/connectionFile.ts";

const PUBLIC = "(-g#vsG8WT.vDNJ4>&Xn0Ng]JqEh2]^1Dk3vpzdh";
const SECRET = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";
const ports = { shell_port: 5001, control_port: 5002, iopub_port: 5003, stdin_port: 5004, hb_port: 5005 };
const given = { transport: "tcp", ip: "127.0.0.1", key: "k", signature_scheme: "hmac-sha256", ...ports };
const curve = { curve_publickey: PUBLIC, curve_secretkey: SECRET };

describe("connection file: what it may hold", () => {
  const accepted = (name: string, value: object, want: object) =>
    it(name, () => assert.deepEqual(parseConnection(value), want));
  accepted("what jupyter_client writes, and fields that we do not know", { ...given, kernel_name: "gradbook" }, given);
  accepted("the least: ports; the rest is the specification's default", ports, { ...given, key: "" });
  accepted("ip of localhost: sockets are bound to addresses", { ...given, ip: "localhost" }, given);
  accepted("keys of CurveZMQ", { ...given, ...curve }, { ...given, curve: { publicKey: PUBLIC, secretKey: SECRET } });
  accepted("CurveZMQ keys that are null: none", { ...given, curve_publickey: null, curve_secretkey: null }, given);
  accepted("ports of 0", { ...given, hb_port: 0, shell_port: 0 }, { ...given, hb_port: 0, shell_port: 0 });
  accepted(
    "transport ipc, with numbers for ports",
    { ...given, transport: "ipc", ip: "/tmp/k" },
    { ...given, transport: "ipc", ip: "/tmp/k" },
  );

  const refused = (name: string, value: unknown, why: RegExp) =>
    it(`refused: ${name}`, () => {
      assert.throws(
        () => parseConnection(value),
        (error: Error) => {
          assert.match(error.message, why);
          assert.ok(!error.message.includes(SECRET.slice(0, 20)), "a secret is in the message");
          return true;
        },
      );
    });
  refused("a list", [], /a JSON object is needed, got a list/);
  refused("null", null, /a JSON object is needed, got null/);
  refused("a number", 5, /a JSON object is needed, got a number/);
  refused("another transport", { ...given, transport: "pgm" }, /transport must be "tcp" or "ipc", got "pgm"/);
  refused("a missing port", { ...given, hb_port: undefined }, /hb_port must be a whole number from 0.*got nothing/);
  refused("a port that is text", { ...given, shell_port: "5001" }, /shell_port must be.*got "5001"/);
  refused("a port that is too large", { ...given, shell_port: 65536 }, /shell_port must be.*to 65535, got 65536/);
  refused("a negative port", { ...given, shell_port: -1 }, /shell_port must be.*got -1/);
  refused("half a port", { ...given, shell_port: 0.5 }, /shell_port must be.*got 0.5/);
  refused("one port for two", { ...given, hb_port: 5001 }, /shell_port and hb_port are both 5001; each channel needs/);
  refused("a key that is no text", { ...given, key: 5 }, /key must be a string, got 5/);
  refused("an ip that is no text", { ...given, ip: {} }, /ip must be a string, got {}/);
  refused(
    "ipc without a path",
    { ...given, transport: "ipc", ip: "" },
    /ip must be the beginning of the sockets' paths/,
  );
  refused(
    "one CurveZMQ key",
    { ...given, curve_publickey: PUBLIC },
    /curve_secretkey is missing.*Nothing is sent without/,
  );
  refused("the other one", { ...given, curve_secretkey: SECRET }, /curve_publickey is missing/);
  refused(
    "a short key",
    { ...given, ...curve, curve_secretkey: SECRET.slice(1) },
    /curve_secretkey must be.*40 characters/,
  );
  refused("an empty key", { ...given, ...curve, curve_publickey: "" }, /curve_publickey must be.*40 characters/);
});

describe("connection file: addresses and capabilities", () => {
  const address = (name: string, ip: string, transport: "tcp" | "ipc", port: number, want: string) =>
    it(name, () => assert.equal(addressOf({ transport, ip }, port), want));
  address("tcp", "127.0.0.1", "tcp", 5001, "tcp://127.0.0.1:5001");
  address("IPv6 in brackets", "::1", "tcp", 5001, "tcp://[::1]:5001");
  address("all interfaces", "*", "tcp", 5001, "tcp://*:5001");
  address("a port to be chosen", "127.0.0.1", "tcp", 0, "tcp://127.0.0.1:*");
  address("ipc as jupyter_client names it", "/run/k-ipc", "ipc", 3, "ipc:///run/k-ipc-3");

  const encrypted = parseConnection({ ...given, ...curve });
  const ipc = parseConnection({ ...given, transport: "ipc", ip: "/tmp/k" });
  it("CurveZMQ and no such build: refused, not sent in plain text", () =>
    assert.throws(() => checkCapability(encrypted, { ipc: true }), /asks for CurveZMQ.*has none.*or install zeromq/));
  it("ipc and no such build: refused", () =>
    assert.throws(() => checkCapability(ipc, { curve: true }), /"ipc".*Use "tcp"/));
  it("a build that has both takes both", () => {
    for (const each of [encrypted, ipc]) checkCapability(each, { curve: true, ipc: true });
  });

  const warned = (name: string, value: object, want: RegExp[]) =>
    it(`log: ${name}`, () => {
      const lines = warningsOf(parseConnection({ ...given, ...value }));
      assert.equal(lines.length, want.length, lines.join("\n"));
      want.forEach((each, i) => assert.match(lines[i]!, each));
    });
  warned("nothing for loopback with a key", {}, []);
  warned("nothing for all of 127/8 and ::1", { ip: "127.8.8.8" }, []);
  warned("nothing for IPv6's loopback", { ip: "::1" }, []);
  warned("a key that is empty", { key: "" }, [/has no key.*everybody who reaches 127\.0\.0\.1 can run code/]);
  warned("an address that others reach", { ip: "192.168.0.5" }, [/listens on 192\.168\.0\.5.*without encryption/]);
  warned("all interfaces", { ip: "0.0.0.0" }, [/without encryption/]);
  warned("all interfaces in ZeroMQ's way, and no key", { ip: "*", key: "" }, [/no key/, /without encryption/]);
  warned("a host that only looks like loopback", { ip: "127.0.0.1.example" }, [/without encryption/]);
  warned("nothing for CurveZMQ", { ip: "0.0.0.0", ...curve }, []);
  warned("nothing for ipc", { transport: "ipc", ip: "/tmp/k" }, []);
});

describe("connection file: the file", () => {
  let folder: string;
  let log: string[];
  const file = (): string => path.join(folder, "kernel.json");
  const write = (text: string, mode = 0o600): void => {
    writeFileSync(file(), text);
    chmodSync(file(), mode);
  };
  const read = () => readConnectionFile(file(), (line) => log.push(line));
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), "gradbook-connection-"));
    log = [];
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is read, and nothing is said when it is its owner's alone", () => {
    write(JSON.stringify(given));
    assert.deepEqual([read(), log], [given, []]);
  });
  it("is not there: by name, with what to do", () =>
    assert.throws(read, /connection file .*kernel\.json cannot be read \(ENOENT\)\. Front ends make it/));
  it("is no JSON: by name", () => {
    write("{");
    assert.throws(read, /connection file .*kernel\.json is no JSON/);
  });
  it("makes no sense: by name, and the field", () => {
    write(JSON.stringify({ ...given, hb_port: "x" }));
    assert.throws(read, /connection file .*kernel\.json makes no sense: hb_port must be/);
  });
  if (process.platform !== "win32") {
    for (const mode of [0o644, 0o640, 0o604, 0o622, 0o777]) {
      it(`with mode ${mode.toString(8)} it is taken from the others, and the log says so`, () => {
        write(JSON.stringify(given), mode);
        read();
        assert.equal(statSync(file()).mode & 0o777, mode & 0o700);
        assert.match(log.join("\n"), new RegExp(`opened by others \\(mode ${mode.toString(8)}\\); it is its owner's`));
      });
    }
  }
  it("gets the ports that were chosen; everything else stays, and it is still its owner's alone", () => {
    write(JSON.stringify({ ...given, shell_port: 0, kernel_name: "x" }));
    writePorts(file(), { ...ports, shell_port: 6001 });
    assert.deepEqual(JSON.parse(readFileSync(file(), "utf8")), { ...given, shell_port: 6001, kernel_name: "x" });
    if (process.platform !== "win32") assert.equal(statSync(file()).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(folder), ["kernel.json"]);
  });
});
