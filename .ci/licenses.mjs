// The licences of the packages that are inside the bundles: their texts have to travel with them.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** The text for dist/licenses.txt, from esbuild's list of what went into the bundles. */
export function licensesText(root, inputs) {
  const folders = new Set(inputs.map((file) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]).filter(Boolean));
  const parts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
    const files = readdirSync(join(root, folder)).filter((file) =>
      /^(licen[cs]e|copying|notice|third ?party)/i.test(file),
    );
    if (files.length === 0) throw new Error(`${folder} goes into a bundle and has no licence file. May it be shipped?`);
    const texts = files.map((file) => readFileSync(join(root, folder, file), "utf8").trim());
    return `${name} ${version} (${license})\n\n${texts.join("\n\n")}\n`;
  });
  return `Gradbook contains these packages.\n\n${parts.join(`\n${"=".repeat(80)}\n\n`)}`;
}
