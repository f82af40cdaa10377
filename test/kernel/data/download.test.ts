import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { download, type Progress } from "../../../kernel/data/download.ts";
import { locate, type Locate } from "../../../kernel/data/locate.ts";
import { mnist } from "../../../kernel/data/mnist.ts";
import { smallMnist } from "./idxFile.ts";

const HOST = Symbol.for("gradbook.host");
const surroundings = globalThis as { [HOST]?: object };

describe("data: download", () => {
  const content = Buffer.from(Array.from({ length: 50_000 }, (_, i) => (i * i) % 251));
  const sha256 = createHash("sha256").update(content).digest("hex");
  const packed = gzipSync(content);

  let folder: string;
  const servers: Server[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "gradbook-download-"));
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
    await rm(folder, { recursive: true });
  });
  /** A server on the loopback interface; its address. */
  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const to = () => join(folder, "sub", "x.gz");
  const gives =
    (bytes: Uint8Array): RequestListener =>
    (_request, response) => {
      response.setHeader("content-length", bytes.length);
      response.end(bytes);
    };

  it("the file is what the server sent, and nothing else is in the folder", async () => {
    const seen: Progress[] = [];
    const url = `${await serve(gives(packed))}/a/x.gz`;
    await download({ urls: [url], to: to(), sha256, onProgress: (progress) => seen.push(progress) });
    assert.deepEqual(await readFile(to()), packed);
    assert.deepEqual(await readdir(join(folder, "sub")), ["x.gz"]);
    assert.deepEqual(seen.at(-1), { file: "x.gz", loaded: packed.length, total: packed.length });
    assert.ok(seen.every(({ loaded }, i) => i === 0 || loaded > seen[i - 1]!.loaded));
  });

  it("asItIs: the check sum is that of the packed bytes, and that of the content does not do", async () => {
    const urls = [await serve(gives(packed))];
    const own = createHash("sha256").update(packed).digest("hex");
    await assert.rejects(download({ urls, to: to(), sha256, asItIs: true }), new RegExp(`SHA-256 is ${own}`));
    await download({ urls, to: to(), sha256: own, asItIs: true });
    assert.deepEqual(await readFile(to()), packed);
  });

  it("a server that unpacks on the way (content-encoding) gives the same content", async () => {
    const url = await serve((_request, response) => {
      response.setHeader("content-encoding", "gzip");
      response.end(packed);
    });
    await download({ urls: [`${url}/x.gz`], to: to(), sha256 });
    assert.deepEqual(await readFile(to()), content);
  });

  const failures: [string, RequestListener, RegExp][] = [
    ["says 404", (_q, r) => r.writeHead(404).end("no"), /x\.gz: the server says 404 Not Found/],
    [
      "sends other bytes",
      gives(gzipSync("other")),
      /x\.gz: wrong content: SHA-256 is [0-9a-f]{64}, expected [0-9a-f]{64}/,
    ],
    ["sends a web page", gives(Buffer.from("<html>")), /wrong content/],
    ["sends a cut gzip", gives(packed.subarray(0, packed.length >> 1)), /x\.gz: a gzip file that is cut short/],
    ["sends a damaged gzip", gives(Buffer.from([0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8, 9])), /a damaged gzip file/],
    [
      "hangs up in the middle",
      (_q, r) => {
        r.setHeader("content-length", packed.length);
        r.write(packed.subarray(0, 100), () => r.destroy());
      },
      /x\.gz: .+/,
    ],
  ];
  for (const [what, listener, message] of failures) {
    it(`a mirror that ${what}: the next one is asked; alone, an error and no file`, async () => {
      const bad = `${await serve(listener)}/x.gz`;
      await assert.rejects(download({ urls: [bad], to: to(), sha256 }), message);
      assert.deepEqual(await readdir(folder), []);
      const good = `${await serve(gives(packed))}/x.gz`;
      await download({ urls: [bad, good], to: to(), sha256 });
      assert.deepEqual(await readFile(to()), packed);
    });
  }

  it("abort: rejects with the reason, asks no other mirror, leaves nothing", async () => {
    const controller = new AbortController();
    const slow = await serve((_request, response) => {
      response.setHeader("content-length", packed.length);
      response.write(packed.subarray(0, 100)); // and then no more
    });
    let asked = 0;
    const other = await serve((request, response) => (asked++, gives(packed)(request, response)));
    const onProgress = () => controller.abort(new Error("enough"));
    const urls = [`${slow}/x.gz`, `${other}/x.gz`];
    await assert.rejects(
      download({ urls, to: to(), sha256, onProgress, signal: controller.signal }),
      /^Error: enough$/,
    );
    assert.equal(asked, 0);
    assert.deepEqual(await readdir(folder), []);
  });

  it("an interrupt of the notebook ends it too", async () => {
    const url = await serve(gives(packed));
    surroundings[HOST] = {
      poll() {
        throw new Error("Interrupted");
      },
    };
    try {
      await assert.rejects(download({ urls: [`${url}/x.gz`], to: to(), sha256 }), /^Error: Interrupted$/);
    } finally {
      delete surroundings[HOST];
    }
    assert.deepEqual(await readdir(folder), []);
  });

  const files = [
    { name: "a.gz", otherNames: ["a"], sha256 },
    { name: "b.gz", sha256 },
  ];
  const set = (mirror: string): Locate => ({
    who: "data.test",
    folder: "test",
    files,
    needed: files,
    mirrors: [mirror],
    root: folder,
  });

  it("locate: fetches only what is missing, shows one changing line, and asks nobody the next time", async () => {
    const asked: string[] = [];
    const url = await serve((request, response) => {
      asked.push(request.url!);
      gives(packed)(request, response);
    });
    const shown: string[] = [];
    const lines = (bundle: { [mime: string]: string }) => shown.push(bundle["text/plain"]!);
    surroundings[HOST] = { display: lines, update: lines, poll() {} };
    try {
      await writeFile(join(folder, "a"), content);
      const want = [join(folder, "a"), join(folder, "b.gz")];
      assert.deepEqual(await locate(set(url)), want);
      assert.deepEqual(await locate(set(url)), want);
    } finally {
      delete surroundings[HOST];
    }
    assert.deepEqual(asked, ["/b.gz"]);
    assert.match(shown[0]!, /^data\.test: downloading b\.gz: \d+\.\d MB of \d+\.\d MB$/);
    assert.equal(shown.at(-1), `data.test: downloaded 1 file to ${folder}`);
  });

  it("mnist: takes from its mirrors only the original files", async () => {
    const url = await serve((request, response) => {
      gives(gzipSync(smallMnist(1)[request.url!.slice(1).replace(".gz", "")]!))(request, response);
    });
    await assert.rejects(mnist({ root: folder, mirrors: [url] }), (error: Error) => {
      assert.equal(error.name, "DataUnavailable");
      assert.match(error.message, /wrong content: SHA-256 is .*, expected ba891046e6505d7a/);
      return true;
    });
    assert.deepEqual(await readdir(folder), []);
  });
});
