/** package.json, the lock file and the README say the same. UPDATE=1 writes the README's generated parts anew. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { RUN_HELP } from "../kernel/notebook/runOptions.ts";

const root = path.resolve(import.meta.dirname, "..");
const read = (file: string) => readFileSync(path.join(root, file), "utf8");
interface Setting {
  default: unknown;
  markdownDescription?: string;
  description?: string;
}
const manifest = JSON.parse(read("package.json")) as {
  version: string;
  scripts: Record<string, string>;
  allowScripts: Record<string, boolean>;
  devDependencies: Record<string, string>;
  contributes: {
    commands: { command: string; category: string; title: string }[];
    keybindings: { command: string; key: string; mac?: string }[];
    configuration: { properties: Record<string, Setting> };
  };
};
const { contributes } = manifest;

/** Rows of a Markdown table, padded as prettier pads them. */
function table(head: string[], rows: string[][]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => row[column]!.length)));
  const line = (cells: string[], fill = " ") =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!, fill)).join(" | ")} |`;
  return [
    line(head),
    line(
      head.map(() => ""),
      "-",
    ),
    ...rows.map((row) => line(row)),
  ].join("\n");
}

const keys = (command: string) =>
  contributes.keybindings
    .filter((binding) => binding.command === command)
    .map(({ key }) => `\`${key}\``)
    .join(", ");
const generated: Record<string, string> = {
  commands: table(
    ["Command", "Keys"],
    contributes.commands.map(({ command, category, title }) => [`${category}: ${title}`, keys(command)]),
  ),
  settings: table(
    ["Setting", "Default", "What it does"],
    Object.entries(contributes.configuration.properties).map(([name, setting]) => [
      `\`${name}\``,
      `\`${JSON.stringify(setting.default)}\``,
      (setting.markdownDescription ?? setting.description ?? "").replaceAll("|", "\\|"),
    ]),
  ),
};

describe("README", () => {
  for (const [name, text] of Object.entries(generated)) {
    it(`its table of ${name} is that of package.json`, () => {
      const part = new RegExp(`(<!-- ${name}:.*? -->\n)([\\s\\S]*?)(<!-- /${name} -->)`);
      const readme = read("README.md");
      assert.match(readme, part, `README.md has no part <!-- ${name}: … --> … <!-- /${name} -->`);
      const wanted = readme.replace(part, (_whole, start: string, _old, end: string) => `${start}\n${text}\n\n${end}`);
      if (process.env["UPDATE"] === "1") writeFileSync(path.join(root, "README.md"), wanted);
      else
        assert.equal(
          readme,
          wanted,
          `The table of ${name} in README.md is stale: UPDATE=1 npx mocha test/package.test.ts`,
        );
    });
  }

  it("its cell is the one of the first notebook", () => {
    const { cells } = JSON.parse(read("media/notebooks/01-optimizers-on-mnist.ipynb")) as {
      cells: { source: string[] }[];
    };
    const cell = /```ts\n([\s\S]*?)```/.exec(read("README.md"))?.[1]?.trim();
    assert.ok(cell);
    assert.ok(
      cells.some(({ source }) => source.join("").trim() === cell),
      "no cell of the notebook reads like the README's",
    );
  });

  it("its help of gradbook run is what the command prints", () =>
    assert.ok(read("README.md").includes(RUN_HELP.trimEnd())));

  it("the commands that it names exist, and the version is that of package.json", () => {
    for (const text of ["README.md", "CONTRIBUTING.md"].map(read)) {
      for (const [, script] of text.matchAll(/npm run ([\w:]+)/g))
        assert.ok(manifest.scripts[script!], `npm run ${script}`);
      for (const [, version] of text.matchAll(/gradbook-(\d[^\s]*)\.vsix/g)) assert.equal(version, manifest.version);
    }
    assert.match(read("CHANGELOG.md"), new RegExp(`^## ${manifest.version.replaceAll(".", "\\.")}\\b`, "m"));
  });

  it("every file that the documents link to is there", () => {
    for (const document of ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"]) {
      for (const [, link] of read(document).matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
        assert.ok(existsSync(path.join(root, link!)), `${document} links to ${link}`);
      }
    }
  });
});

describe("package.json", () => {
  it("every setting says its environment variable, or is about the window only", () => {
    const windowOnly = ["gradbook.startKernelOnOpen", "gradbook.askBeforeRestart", "gradbook.staleMarks"];
    for (const [name, { markdownDescription = "" }] of Object.entries(contributes.configuration.properties)) {
      if (!windowOnly.includes(name)) assert.match(markdownDescription, /`GRADBOOK_[A-Z_]+`/, name);
    }
  });

  it("every package is pinned to one version", () => {
    for (const [name, version] of Object.entries(manifest.devDependencies)) {
      assert.match(
        version,
        /^(npm:[\w@/-]+@)?\d+\.\d+\.\d+$/,
        `${name}: ${version}. npm install -D --save-exact ${name}`,
      );
    }
  });

  it("CONTRIBUTING.md says of every package why it is there", () => {
    const text = read("CONTRIBUTING.md");
    for (const name of Object.keys(manifest.devDependencies)) assert.ok(text.includes(`\`${name}\``), name);
  });
});

describe("package-lock.json", () => {
  const { packages } = JSON.parse(read("package-lock.json")) as {
    packages: Record<
      string,
      {
        version?: string;
        resolved?: string;
        optionalDependencies?: Record<string, string>;
        hasInstallScript?: boolean;
        name?: string;
        optional?: boolean;
      }
    >;
  };

  it("names no address to download from", () => {
    assert.deepEqual(
      Object.keys(packages).filter((name) => packages[name]!.resolved),
      [],
      "npm config set omit-lockfile-registry-resolved true, then npm install",
    );
  });

  it("has every package for every platform, so that npm ci works on all of them", () => {
    const missing = Object.entries(packages).flatMap(([name, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (dependency) =>
          !packages[`node_modules/${dependency}`]?.version && !packages[`${name}/node_modules/${dependency}`]?.version,
      ),
    );
    assert.deepEqual(
      missing,
      [],
      "a package exists for this platform only in that version: choose another, then npm install",
    );
  });

  it("every package with an install script is allowed or refused by name", () => {
    const undecided = Object.entries(packages)
      .filter(([, { hasInstallScript, optional }]) => hasInstallScript && !optional)
      .map(([location, { name }]) => name ?? location.replace(/^.*node_modules\//, ""))
      .filter((name) => !(name in manifest.allowScripts));
    assert.deepEqual(undecided, [], "npm install-scripts approve or deny");
  });
});
