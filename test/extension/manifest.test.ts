import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { bytes } from "../../extension/bytes.ts";
import * as ids from "../../extension/ids.ts";
import { PLUGIN } from "../../extension/typescriptPlugin/configuration.ts";
import { LIVE_MIME } from "../../kernel/plot/live/state.ts";

const root = path.resolve(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");
const manifest = JSON.parse(read("package.json"));
const { contributes } = manifest;

describe("what package.json says of the extension", () => {
  // The sources are read as text: they import vscode, which only exists inside VS Code.
  const files = readdirSync(path.join(root, "extension/commands"));
  const commands = files.flatMap((file) =>
    [...read(`extension/commands/${file}`).matchAll(/^export const (\w+): Command = \{\s+id: "([^"]+)"/gm)].map(
      ([, name, id]) => ({ file, name: name!, id: id! }),
    ),
  );

  it("every command has its file, its name, and its line in main.ts and in package.json", () => {
    const list = /commands: readonly Command\[\] = \[([^\]]*)\]/.exec(read("extension/main.ts"))![1]!;
    assert.deepEqual(
      list
        .split(",")
        .map((name) => name.trim())
        .filter(Boolean)
        .sort(),
      commands.map(({ name }) => name).sort(),
    );
    assert.deepEqual(
      contributes.commands.map(({ command }: { command: string }) => command).sort(),
      commands.map(({ id }) => id).sort(),
    );
    for (const { file, name, id } of commands) assert.deepEqual([file, id], [`${name}.ts`, `gradbook.${name}`]);
  });

  it("every command has a title, a category and an icon", () => {
    for (const { title, category, icon } of contributes.commands) {
      assert.ok(title && category === "Gradbook" && /^\$\([\w-]+\)$/.test(icon), title);
    }
  });

  it("menus and keys name commands that exist, ours or VS Code's, and only act on our notebooks", () => {
    const ours = new Set(commands.map(({ id }) => id));
    const uses = [...Object.values(contributes.menus).flat(), ...contributes.keybindings] as {
      command: string;
      when?: string;
    }[];
    for (const { command, when } of uses) {
      assert.ok(ours.has(command) || command.startsWith("notebook."), command);
      const kernel = `notebookKernel == '${ids.EXTENSION}/${ids.CONTROLLER}'`;
      // Where ours are all there is: our view, its rows, and nowhere.
      const elsewhere = /^(?:view == gradbook\.variables && .*|view\.gradbook\.variables\.visible|false)$/;
      const isOurs = when?.includes(kernel) || elsewhere.test(when ?? "");
      assert.ok(command === "gradbook.newNotebook" || isOurs, `${command}: ${when}`);
    }
  });

  it("every setting that the code reads is there, documented and with a default of its type", () => {
    const keys = [...read("extension/settings.ts").matchAll(/^  "?([\w.]+)"?: (string|boolean|number);$/gm)];
    const { properties } = contributes.configuration;
    assert.deepEqual(keys.map(([, key]) => `gradbook.${key}`).sort(), Object.keys(properties).sort());
    for (const [, key, type] of keys) {
      const setting = properties[`gradbook.${key}`];
      assert.equal(setting.type === "integer" ? "number" : setting.type, type);
      assert.equal(typeof setting.default, type);
      assert.ok(setting.markdownDescription.length > 40 && setting.scope, key);
    }
  });

  it("names are those that the code uses", () => {
    assert.equal(`${manifest.publisher}.${manifest.name}`, ids.EXTENSION);
    assert.deepEqual(
      contributes.notebookRenderer.map(({ id }: { id: string }) => id),
      [ids.RENDERER],
    );
    assert.ok(contributes.notebookRenderer[0].mimeTypes.includes(LIVE_MIME));
    // Also with the TypeScript of the workspace, when the user has chosen that one.
    assert.deepEqual(contributes.typescriptServerPlugins, [
      { name: PLUGIN, enableForWorkspaceTypeScriptVersions: true },
    ]);
    assert.deepEqual(manifest.activationEvents, [`onNotebook:${ids.NOTEBOOK_TYPE}`]);
  });

  it("cells do not run in an untrusted workspace, and no setting of one names the program that runs them", () => {
    const { untrustedWorkspaces } = manifest.capabilities;
    assert.equal(untrustedWorkspaces.supported, "limited");
    assert.deepEqual(untrustedWorkspaces.restrictedConfigurations, ["gradbook.runtime"]);
  });
});

describe("bytes", () => {
  for (const [count, want] of [
    [1, "1 byte"],
    [999, "999 bytes"],
    [49_700, "49.7 KB"],
    [200_704, "201 KB"],
    [999_500, "1.0 MB"],
    [9_950_000, "10 MB"],
    [142_400_000, "142 MB"],
    [999_600_000, "1.0 GB"],
    [1_250_000_000, "1.3 GB"],
  ] as const) {
    it(`${count} is ${want}`, () => assert.equal(bytes(count), want));
  }
});
