/** `npm run fuzz`: random cells, then random messages on the wire. With a name first only that one; what follows goes to it. */
import { spawnSync } from "node:child_process";
import path from "node:path";

const all = ["cells", "wire"];
const [first = "", ...others] = process.argv.slice(2);
if (first !== "" && !all.includes(first)) {
  console.error(`fuzz: there is no "${first}". There are: ${all.join(", ")}. Example: npm run fuzz wire -- --seed 7`);
  process.exit(2);
}
for (const name of first === "" ? all : [first]) {
  console.error(`\n=== ${name}`);
  const file = path.join(import.meta.dirname, `${name}.ts`);
  const { status } = spawnSync(process.execPath, [file, ...others], { stdio: "inherit" });
  if (status !== 0) process.exitCode = status ?? 1;
}
