/** Cells that start programs, and cells in which a kernel is stuck. */

/** Sets `pids`: a program, a shell, and a program of that shell. */
export const startPrograms = `
const { spawn } = await import("node:child_process");
const { once } = await import("node:events");
const alone = spawn("sleep", ["1000"]), shell = spawn("sh", ["-c", "sleep 1000 & echo $!; wait"]);
const [below] = await once(shell.stdout, "data");
const pids = [alone.pid, shell.pid, Number(String(below))];`;

/** What a kernel may be doing when its client goes. */
export const stuck: { [what: string]: string } = {
  "nothing runs": "",
  "a loop runs": "for (;;);",
  "execSync waits": 'require("node:child_process").execSync("sleep 1000");',
  "native code runs": 'require("node:crypto").pbkdf2Sync("a", "b", 2 ** 31 - 1, 64, "sha512");',
};
