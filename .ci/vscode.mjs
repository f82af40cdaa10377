// A real VS Code from the npm registry: the VS Code server inside the code-server package, without its wrapper. It
// stands in where no desktop VS Code can be had, for `npm start` and for the tests, which drive its workbench in
// Chromium.
//
//   node .ci/vscode.mjs                    installs it into .cache/vscode-web (nothing to do the second time)
//   node .ci/vscode.mjs --serve <folder>   opens <folder> in it, with the extension loaded from this checkout
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const home = join(root, ".cache/vscode-web");
const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** code-server 4.139.1 carries VS Code 1.139.1, whose extension host needs Node 24. */
export const CODE_SERVER = "4.139.1";
/** Parts that nothing here uses, 260 MB. */
const UNUSED = [
  "extensions/copilot",
  "extensions/mermaid-markdown-features",
  "node_modules/@github",
  "node_modules/@microsoft/mxc-sdk",
];

/** The Node that runs the server: the one of devDependencies. */
export function serverNode() {
  const file = join(root, "node_modules/node/bin", process.platform === "win32" ? "node.exe" : "node");
  if (!existsSync(file)) throw new Error(`${file} is missing. Run "npm install" in ${root} first.`);
  return file;
}

/**
 * Installs the server unless it is there already, and returns the path of its entry file. About a minute and 320 MB,
 * registry only. A half-finished installation is never taken for a whole one: it happens in a folder beside and is
 * renamed at the end.
 */
export function installVSCode({ log = console.error } = {}) {
  const nodeVersion = devDependencies.node;
  const stamp = JSON.stringify({
    codeServer: CODE_SERVER,
    node: nodeVersion,
    platform: process.platform,
    arch: process.arch,
  });
  const entry = join(home, "vscode/out/server-main.js");
  const stampFile = join(home, "versions.json");
  if (existsSync(entry) && existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) return entry;

  log(`Installing VS Code's server (code-server ${CODE_SERVER}) into .cache/vscode-web; about a minute, once.`);
  mkdirSync(dirname(home), { recursive: true });
  const work = mkdtempSync(home + "-");
  try {
    const run = createRunner(work);
    // Only the tarball: the wrapper's own dependencies are not needed.
    run("npm", ["pack", `code-server@${CODE_SERVER}`, "--silent"], work);
    run("tar", ["xzf", `code-server-${CODE_SERVER}.tgz`, "package/lib/vscode"], work);
    const server = join(work, "package/lib/vscode");
    const install = ["install", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    run("npm", install, server);
    run("npm", install, join(server, "extensions"));
    buildNativeModules(server, work, nodeVersion, log);
    for (const path of UNUSED) rmSync(join(server, path), { recursive: true, force: true });
    renameSync(server, join(work, "vscode"));
    rmSync(join(work, "package"), { recursive: true });
    rmSync(join(work, `code-server-${CODE_SERVER}.tgz`));
    writeFileSync(join(work, "versions.json"), stamp);
    rmSync(home, { recursive: true, force: true });
    renameSync(work, home);
  } catch (error) {
    rmSync(work, { recursive: true, force: true });
    throw new Error(
      `VS Code's server could not be installed: ${error.message}\nIt comes from the npm registry (npm config get registry); ` +
        `with a desktop VS Code and a network, GRADBOOK_VSCODE=download lets the tests use that instead.`,
    );
  }
  return entry;
}

/**
 * Logging and the parent-process watchdog are native. The server runs without them, with complaints in its log, so a
 * machine without a compiler still gets a VS Code.
 */
function buildNativeModules(server, work, nodeVersion, log) {
  const run = createRunner(work);
  try {
    // The headers come inside the npm package of the same Node, so that nothing is downloaded from elsewhere.
    const headers = `node-${process.platform}-${process.arch}`;
    const tarball = `${headers}-${nodeVersion}.tgz`;
    run("npm", ["pack", `${headers}@${nodeVersion}`, "--silent"], work);
    mkdirSync(join(work, "headers"));
    run("tar", ["xzf", tarball, "-C", "headers", "package/include"], work);
    run("npm", ["rebuild", "@vscode/spdlog", "@vscode/native-watchdog", "--loglevel=error"], server, {
      // An npmrc may point at the headers of another Node, whose ABI does not match.
      npm_config_nodedir: join(work, "headers/package"),
    });
    rmSync(join(work, tarball));
    rmSync(join(work, "headers"), { recursive: true });
  } catch (error) {
    log(`VS Code's server goes without its two native modules (logging, watchdog): ${error.message}`);
  }
}

/** Runs a program with Node 24 first on the path, and throws with the end of what it printed when it fails. */
function createRunner(temporary) {
  return (command, args, cwd, env = {}) => {
    const path = [dirname(serverNode()), process.env.PATH].join(delimiter);
    // A parent `npm run` hands down its own settings; `npm_config_*` of ours must not leak into these installs.
    const clean = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^npm_(lifecycle|package|command|execpath)/i.test(name)),
    );
    const result = spawnSync(command, args, {
      cwd,
      env: { ...clean, TMPDIR: temporary, ...env, PATH: path },
      encoding: "utf8",
      maxBuffer: 1 << 26,
      shell: process.platform === "win32",
    });
    if (result.status === 0) return;
    const printed = `${result.stdout ?? ""}${result.stderr ?? ""}`.trim().split("\n").slice(-12).join("\n");
    throw new Error(
      `"${command} ${args.join(" ")}" failed (${result.error?.message ?? `exit ${result.status}`}).\n${printed}`,
    );
  };
}

export function freePort() {
  return new Promise((found, failed) => {
    const server = createServer().once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

/**
 * User settings for a VS Code of ours: nothing asks, nothing updates, and a notebook is written only when it is saved
 * (the web's default saves while a cell runs).
 */
export const settings = JSON.parse(readFileSync(new URL("settings.json", import.meta.url), "utf8"));

/**
 * Starts the server on 127.0.0.1 and resolves when it answers.
 *
 * `data` is the folder for everything it writes; `userSettings` are written on the first start. With a `token` only an address
 * that carries it gets in. The address may name an extension under development and its tests.
 *
 * @param {{ data: string, port: number, token?: string, userSettings?: object, trust?: boolean, args?: string[], env?: object }} options
 */
export async function startServer({ data, port, token, userSettings = settings, trust = true, args = [], env = {} }) {
  const entry = installVSCode();
  const user = join(data, "srv/data/User");
  mkdirSync(user, { recursive: true });
  if (!existsSync(join(user, "settings.json"))) {
    writeFileSync(join(user, "settings.json"), JSON.stringify(userSettings, null, 2));
  }
  const log = join(data, "server.log");
  const output = openSync(log, "a");
  const child = spawn(
    serverNode(),
    [
      entry,
      ...["--host", "127.0.0.1", "--port", String(port), "--accept-server-license-terms"],
      ...(token ? ["--connection-token", token] : ["--without-connection-token"]),
      ...["--server-data-dir", join(data, "srv"), "--extensions-dir", join(data, "ext")],
      ...["--telemetry-level", "off", "--enable-smoke-test-driver"],
      ...(trust ? ["--disable-workspace-trust"] : []),
      ...args,
    ],
    { env: { ...process.env, ...env }, stdio: ["ignore", output, output] },
  );
  const exited = new Promise((done) => child.once("exit", (code, signal) => done(signal ?? code)));
  const address = `http://127.0.0.1:${port}`;
  for (let attempt = 0; ; attempt++) {
    const status = await fetch(`${address}/version`).then(
      (response) => response.ok,
      () => false,
    );
    if (status) break;
    const ended = await Promise.race([exited, new Promise((done) => setTimeout(done, 100, undefined))]);
    if (ended !== undefined || attempt > 300) {
      child.kill();
      throw new Error(
        `VS Code's server did not start (${ended ?? "no answer in 30 s"}):\n${readFileSync(log, "utf8").slice(-4000)}`,
      );
    }
  }
  return {
    address,
    authority: `127.0.0.1:${port}`,
    log,
    pid: child.pid,
    exited,
    stop: () => void child.kill("SIGTERM"),
  };
}

/** Installs a packed extension, for a server that starts afterwards with the same `data`. */
export function installExtension({ data, vsix }) {
  const entry = installVSCode();
  const folders = ["--server-data-dir", join(data, "srv"), "--extensions-dir", join(data, "ext")];
  const args = [entry, "--accept-server-license-terms", ...folders, "--install-extension", resolve(vsix)];
  const result = spawnSync(serverNode(), args, { encoding: "utf8" });
  if (result.status !== 0) throw new Error(`${vsix} could not be installed:\n${result.stdout}${result.stderr}`);
}

/**
 * Loads an extension from its folder, beside the one under development: the address can name only one. For a server
 * that starts afterwards for the first time with this `data`.
 */
export function linkExtension({ data, folder }) {
  const { publisher, name, version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  mkdirSync(join(data, "ext"), { recursive: true });
  symlinkSync(folder, join(data, "ext", `${publisher}.${name}-${version}`), "junction");
}

/**
 * The address that opens `folder`, with an extension under development and its tests.
 *
 * @param {{ authority: string, address: string }} server
 * @param {{ folder: string, extension?: string, tests?: string, token?: string }} options
 */
export function workbenchAddress(server, { folder, extension, tests, token }) {
  const remote = (path) => `vscode-remote://${server.authority}${resolve(path)}`;
  const payload = [
    ...(extension ? [["extensionDevelopmentPath", remote(extension)]] : []),
    ...(tests ? [["extensionTestsPath", remote(tests)]] : []),
  ];
  const query = new URLSearchParams({ folder: resolve(folder), payload: JSON.stringify(payload) });
  if (token) query.set("tkn", token);
  return `${server.address}/?${query}`;
}

/**
 * Opens `folder`, and the file `open` in it, in VS Code's web workbench with the extension of this checkout: prints the
 * address and serves until it is ended. Only this machine reaches it, and only with the token in the address.
 *
 * @param {{ folder: string, open?: string }} options
 */
export async function serve({ folder, open }) {
  const data = mkdtempSync(join(tmpdir(), "gradbook-vscode-"));
  try {
    const token = randomBytes(16).toString("hex");
    if (open) linkExtension({ data, folder: join(root, ".ci/opener") });
    const env = open ? { GRADBOOK_OPEN: open } : {};
    const server = await startServer({ data, port: await freePort(), token, env });
    const address = workbenchAddress(server, { folder, extension: root, token });
    console.log(
      `\nVS Code with Gradbook is at\n\n  ${address}\n\nOpen it in a browser on this machine. Ctrl+C ends it.`,
    );
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, server.stop);
    await server.exited;
  } finally {
    rmSync(data, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [option, folder] = process.argv.slice(2);
  if (option === undefined) console.log(installVSCode());
  else if (option === "--serve") await serve({ folder: resolve(folder ?? join(root, "media/notebooks")) });
  else {
    console.error(`vscode.mjs: unknown option ${option}. Options: --serve <folder>.`);
    process.exitCode = 2;
  }
}
