// Finds a Chromium for the tests that need a browser, and fetches one where there is none.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const INSTALLED = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/**
 * Path of a Chromium: $CHROMIUM, else one that is installed, else Debian's (as root, by apt), else playwright's own
 * download. Throws, with what was tried and what to do, when none of them works.
 *
 * @returns {Promise<string>}
 */
export async function findChromium() {
  const named = process.env.CHROMIUM;
  if (named) {
    if (existsSync(named)) return named;
    throw new Error(`CHROMIUM names ${named}, which does not exist. Correct it, or unset it to let the tests look.`);
  }
  const { chromium } = await import("playwright-core");
  const find = () => [...INSTALLED, chromium.executablePath()].find((path) => path && existsSync(path));
  const found = find();
  if (found) return found;

  const tried = [];
  if (process.platform === "linux" && process.getuid?.() === 0 && succeeds("apt-get", ["--version"])) {
    console.error("Chromium is not installed; installing Debian's package (apt-get install chromium).");
    // Without fonts Chromium draws boxes in place of text, and the screenshots show nothing.
    const packages = ["chromium", "fonts-dejavu-core", "fonts-noto-core"];
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    succeeds("apt-get", ["update"], env);
    succeeds("apt-get", ["install", "-y", "--no-install-recommends", ...packages], env, "inherit");
    const debian = find();
    if (debian) return debian;
    tried.push("apt-get install chromium");
  }
  console.error("Chromium is not installed; letting playwright download it.");
  const cli = new URL("../node_modules/playwright-core/cli.js", import.meta.url).pathname;
  succeeds(process.execPath, [cli, "install", "chromium"], process.env, "inherit");
  const downloaded = find();
  if (downloaded) return downloaded;
  tried.push("playwright install chromium");
  throw new Error(
    `No Chromium: ${tried.join(" and ")} did not give one. Install it by hand (Debian: apt-get install chromium) or set CHROMIUM to the path of one.`,
  );
}

function succeeds(command, args, env = process.env, stdio = "ignore") {
  // What the installers print belongs on stderr: stdout may be read by whoever called.
  const output = stdio === "inherit" ? ["ignore", 2, 2] : stdio;
  return spawnSync(command, args, { env, stdio: output }).status === 0;
}
