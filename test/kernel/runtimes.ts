/** The lines of Node that are supported: the one that runs the tests, and the oldest. */
import path from "node:path";

const name = process.platform === "win32" ? "node.exe" : "node";
export const runtimes: { name: string; runtime: string }[] = ["node", "node22"].map((folder) => ({
  name: folder === "node" ? "Node 24" : "Node 22",
  runtime: path.resolve(import.meta.dirname, "../../node_modules", folder, "bin", name),
}));
