/**
 * The architecture as a test: who may import whom, and a few rules about files that no compiler knows.
 * The table is the document; a message says what to do.
 */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import ts from "typescript";

const root = path.resolve(import.meta.dirname, "..");

interface Layer {
  /** Folders of ours whose code it may import; a folder may always import itself. */
  imports?: readonly string[];
  /** Folders of ours from which it may import types, and nothing that runs. */
  types?: readonly string[];
  /** Packages, Node's own among them. */
  packages?: readonly string[];
}

const files = ["node:fs", "node:fs/promises", "node:path", "node:url"];

/** Each folder with what it may import. The longest matching folder counts. */
export const layers: Record<string, Layer> = {
  // Words for people, for both halves.
  "kernel/text": {},

  // The library: knows nothing of notebooks.
  "kernel/wasm": {
    types: ["kernel/tensor"],
    packages: ["node:buffer", "node:os", "node:util", "node:v8", "node:vm", "node:worker_threads"],
  },
  "kernel/tensor": { imports: ["kernel/text", "kernel/wasm"], packages: [...files, "node:crypto", "node:zlib"] },
  "kernel/autograd": { imports: ["kernel/tensor"] },
  "kernel/ops": { imports: ["kernel/autograd", "kernel/tensor", "kernel/wasm"] },
  "kernel/nn": { imports: ["kernel/ops", "kernel/autograd", "kernel/tensor", "kernel/text"] },
  "kernel/optim": { imports: ["kernel/ops", "kernel/autograd", "kernel/tensor"] },
  "kernel/data": {
    imports: ["kernel/tensor", "kernel/text"],
    packages: [...files, "node:crypto", "node:os", "node:worker_threads", "node:zlib"],
  },
  "kernel/plot": { imports: ["kernel/text"] },
  "kernel/experiment": {
    imports: [
      "kernel/data",
      "kernel/nn",
      "kernel/ops",
      "kernel/optim",
      "kernel/plot",
      "kernel/autograd",
      "kernel/tensor",
    ],
  },

  // The notebook: knows nothing of tensors.
  "kernel/language": {
    imports: ["kernel/text"],
    // What the language service is asked, and what it answers.
    types: ["kernel/protocol"],
    packages: [
      "typescript",
      "@jridgewell/sourcemap-codec",
      "vscode-languageserver-types",
      ...files,
      "node:module",
      "node:vm",
    ],
  },
  // Widgets as data, for the session that makes them and everything that shows them.
  "kernel/widgets": { imports: ["kernel/text"] },
  // Types of the Language Server Protocol; nothing of the package runs.
  "kernel/protocol": { packages: ["vscode-languageserver-types"] },
  // Debug Adapter Protocol on one side, Chrome DevTools Protocol on the other; what carries either is the session's.
  "kernel/debugger": { imports: ["kernel/protocol"], packages: ["@jridgewell/sourcemap-codec"] },
  "kernel/session": {
    imports: ["kernel/debugger", "kernel/language", "kernel/protocol", "kernel/text", "kernel/widgets"],
    packages: [
      ...files,
      "node:async_hooks",
      // Programs that cells start: they end with their cell and with the session.
      "node:child_process",
      "node:console",
      "node:crypto",
      "node:events",
      "node:inspector",
      "node:module",
      "node:os",
      "node:process",
      "node:stream",
      "node:timers",
      "node:timers/promises",
      "node:util",
      "node:util/types",
      "node:v8",
      "node:vm",
      "node:worker_threads",
    ],
  },
  "kernel/transport": {
    imports: ["kernel/protocol"],
    packages: [...files, "node:crypto", "node:net", "node:timers/promises", "node:worker_threads", "zeromq"],
  },
  "kernel/client": {
    imports: ["kernel/protocol", "kernel/transport"],
    packages: [...files, "node:child_process", "node:crypto", "node:events", "node:util"],
  },
  // How command lines are read.
  "kernel/command": {},
  "kernel/notebook": {
    // A widget is text here: the MIME type of its view is left out.
    imports: ["kernel/client", "kernel/command", "kernel/protocol", "kernel/text", "kernel/widgets"],
    packages: [
      ...files,
      "node:crypto",
      "node:readline",
      "node:stream",
      "node:timers/promises",
      "node:util",
      "marked",
      "temml",
    ],
  },
  "kernel/jupyter": {
    // The doctor asks a kernel over sockets of its own, and the kernelspec says what the kernel says of itself.
    imports: ["kernel/client", "kernel/command", "kernel/protocol", "kernel/transport"],
    packages: [...files, "node:child_process", "node:crypto", "node:net", "node:os", "node:util"],
  },

  // Where the parts are put together: main, worker, languageService, cli, and what a cell imports.
  kernel: {
    imports: ["kernel/*"],
    packages: [...files, "node:module", "node:os", "node:process", "node:util", "node:v8", "node:worker_threads"],
  },

  // VS Code: the controller in the extension host, the renderer in the webview.
  extension: {
    imports: ["kernel/client", "kernel/plot", "kernel/widgets", "extension/typescriptPlugin"],
    types: ["kernel/protocol"],
    packages: [
      "vscode",
      "vscode-languageserver-types",
      ...files,
      "node:child_process",
      "node:crypto",
      "node:events",
      "node:os",
      "node:timers/promises",
      "node:util",
    ],
  },
  // Runs in VS Code's TypeScript server, whose types it needs.
  "extension/typescriptPlugin": { packages: ["typescript"] },
  // Inside Jupyter's pages; no library but ours.
  "media/jupyter": { imports: ["kernel/plot"] },
  "media/renderer": {
    imports: ["kernel/plot", "kernel/widgets"],
    packages: ["plotly.js-dist", "vscode-notebook-renderer"],
  },
};

/** Packages that only these folders may import, whatever the table above says. */
const owners: Record<string, readonly string[]> = {
  typescript: ["kernel/language"],
  vscode: ["extension"],
  zeromq: ["kernel/transport"],
  // The language folder only compiles with it, to find errors; it runs nothing.
  "node:vm": ["kernel/session", "kernel/wasm", "kernel/language"],
  "plotly.js-dist": ["media/renderer"],
};

interface Import {
  specifier: string;
  typeOnly: boolean;
}

/** Every import of a source: static, `export … from`, `import()`, `require()` and `import("…").Type`. */
function importsOf(source: string): Import[] {
  const found: Import[] = [];
  const literal = (node: ts.Node | undefined, typeOnly: boolean) => {
    if (node && ts.isStringLiteralLike(node)) found.push({ specifier: node.text, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const clause = node.importClause;
      const named = clause?.namedBindings;
      const onlyTypes = named && ts.isNamedImports(named) && !clause.name && named.elements.length > 0;
      literal(
        node.moduleSpecifier,
        !!clause && (clause.isTypeOnly || !!(onlyTypes && named.elements.every((e) => e.isTypeOnly))),
      );
    } else if (ts.isExportDeclaration(node)) literal(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) literal(node.argument.literal, true);
    else if (ts.isCallExpression(node)) {
      const isRequire = ts.isIdentifier(node.expression) && node.expression.text === "require";
      if (isRequire || node.expression.kind === ts.SyntaxKind.ImportKeyword) literal(node.arguments[0], false);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("file.ts", source, ts.ScriptTarget.Latest, false));
  return found;
}

/** The row of the table that a file belongs to. */
function layerOf(file: string): string | undefined {
  const parts = path.posix.dirname(file).split("/");
  const name = parts.slice(0, 2).join("/");
  // A folder of its own right under kernel/ or media/ needs its own row; deeper ones belong to the row above.
  if (name in layers || (parts.length > 1 && (parts[0] === "kernel" || parts[0] === "media"))) {
    return name in layers ? name : undefined;
  }
  return parts[0]! in layers ? parts[0] : undefined;
}

const allows = (list: readonly string[] | undefined, name: string) =>
  !!list?.some((entry) => entry === name || (entry.endsWith("/*") && name.startsWith(entry.slice(0, -1))));

/** What is wrong with the imports of one file; each message says what to do. */
function violations(file: string, source: string): string[] {
  const from = layerOf(file);
  if (from === undefined) {
    const folder = path.posix.dirname(file);
    return [
      `${file}: its folder is not in the table. Add "${folder}" to layers in test/architecture.test.ts with what it may import.`,
    ];
  }
  const layer = layers[from]!;
  return importsOf(source).flatMap(({ specifier, typeOnly }) => {
    if (!specifier.startsWith(".")) {
      const name = specifier.startsWith("node:")
        ? specifier
        : specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
      const owner = owners[name];
      if (owner && !owner.includes(from) && !typeOnly) {
        return [
          `${file} imports "${name}"; only ${owner.join(" and ")} may. Ask for what you need through that folder.`,
        ];
      }
      if (allows(layer.packages, name)) return [];
      return [
        `${file} imports the package "${name}", which ${from} may not. Move that code to a folder that may, or, if the ` +
          `design agrees, add it to the packages of "${from}" in test/architecture.test.ts.`,
      ];
    }
    const target = path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier));
    // package.json and other data beside the sources belong to no layer.
    if (target.endsWith(".json")) return [];
    const to = layerOf(target);
    if (to === from || (to && allows(layer.imports, to))) return [];
    if (to && typeOnly && allows(layer.types, to)) return [];
    return [
      `${file} imports ${target}: ${from} may not import ${to ?? "that folder"}` +
        (to && allows(layer.types, to) ? " except its types: write `import type`." : ". ") +
        `It may import ${layer.imports?.join(", ") || "nothing of ours"}. Move the shared part down, pass it in as an ` +
        `argument, or change the table in test/architecture.test.ts if the design changed.`,
    ];
  });
}

/** Source files below `folders`, as paths from the root with forward slashes. */
function sources(folders: readonly string[], ending = /\.(ts|mjs|cjs)$/): string[] {
  return folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && ending.test(entry.name))
      .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll("\\", "/")),
  );
}
const read = (file: string) => readFileSync(path.join(root, file), "utf8");
const none = (found: string[]) => assert.equal(found.join("\n"), "");

describe("architecture", () => {
  const product = sources(["kernel", "extension", "media"]);

  it("imports follow the table", () => none(product.flatMap((file) => violations(file, read(file)))));

  it("the table has no cycles", () => {
    const open = (name: string, above: readonly string[]): string[] => {
      if (above.includes(name))
        return [`${[...above.slice(above.indexOf(name)), name].join(" → ")}: a cycle. Take one arrow out.`];
      // Types do not run, so they make no cycle; `kernel` imports all by `*` and nothing imports it.
      return (layers[name]?.imports ?? [])
        .filter((to) => !to.endsWith("/*"))
        .flatMap((to) => open(to, [...above, name]));
    };
    none(Object.keys(layers).flatMap((name) => open(name, [])));
  });

  it("the table names only folders that it has", () => {
    const named = Object.values(layers).flatMap(({ imports = [], types = [] }) => [...imports, ...types]);
    none(named.filter((name) => !name.endsWith("/*") && !(name in layers)));
  });

  const forbidden: [claim: string, file: string, source: string, message: RegExp][] = [
    [
      "tensor → session",
      "kernel/tensor/a.ts",
      'import { x } from "../session/x.ts";',
      /kernel\/tensor may not import kernel\/session.*Move the shared part/,
    ],
    [
      "tensor → ops, by type only",
      "kernel/tensor/a.ts",
      'import type { x } from "../ops/x.ts";',
      /may not import kernel\/ops/,
    ],
    [
      "session → tensor, by import()",
      "kernel/session/a.ts",
      'await import("../tensor/x.ts");',
      /may not import kernel\/tensor/,
    ],
    [
      "session → tensor, by export",
      "kernel/session/a.ts",
      'export * from "../tensor/x.ts";',
      /may not import kernel\/tensor/,
    ],
    ["a second user of typescript", "kernel/session/a.ts", 'import ts from "typescript";', /only kernel\/language may/],
    [
      "a second user of node:vm",
      "kernel/notebook/a.ts",
      'const vm = require("node:vm");',
      /only kernel\/session and kernel\/wasm/,
    ],
    ["vscode in the kernel", "kernel/main.ts", 'import * as vscode from "vscode";', /only extension may/],
    ["a package not in the table", "kernel/ops/a.ts", 'import x from "left-pad/deep";', /package "left-pad".*may not/],
    [
      "extension runs protocol code",
      "extension/a.ts",
      'import { x } from "../kernel/protocol/x.ts";',
      /except its types/,
    ],
    [
      "extension reaches the session",
      "extension/a.ts",
      'import { x } from "../kernel/session/x.ts";',
      /may not import kernel\/session/,
    ],
    ["a new folder", "kernel/magic/a.ts", "", /its folder is not in the table/],
  ];
  for (const [claim, file, source, message] of forbidden) {
    it(`a forbidden import is caught: ${claim}`, () => assert.match(violations(file, source).join("\n"), message));
  }
  it("an allowed import passes", () => {
    none(violations("kernel/ops/a.ts", 'import { x } from "../tensor/x.ts"; import { y } from "./y.ts";'));
    none(
      violations(
        "extension/a.ts",
        'import type { x } from "../kernel/protocol/x.ts"; import { type y } from "../kernel/protocol/y.ts";',
      ),
    );
  });

  it("kernel and extension are compiled without the DOM", () => {
    none(
      ["tsconfig.base.json", "kernel/tsconfig.json", "extension/tsconfig.json"].filter((file) =>
        (JSON.parse(read(file)).compilerOptions.lib ?? []).includes("DOM"),
      ),
    );
  });

  it("nothing in kernel writes to the console: standard output belongs to the user's cell", () => {
    const uses = (file: string) => {
      const found: string[] = [];
      const visit = (node: ts.Node): void => {
        if (
          ts.isPropertyAccessExpression(node) &&
          ts.isIdentifier(node.expression) &&
          node.expression.text === "console"
        ) {
          found.push(`${file} uses console.${node.name.text}. Throw, return a value, or publish a message instead.`);
        }
        ts.forEachChild(node, visit);
      };
      visit(ts.createSourceFile(file, read(file), ts.ScriptTarget.Latest, false));
      return found;
    };
    none(product.filter((file) => file.startsWith("kernel/")).flatMap(uses));
  });

  const written = [...product, ...sources(["test", ".ci"])];

  it("no file is a drawer: utils, helpers, common, misc", () => {
    const drawer = /(^|\/)(utils?|helpers?|common|misc)(\/|\.[a-z.]+$)/i;
    none(
      written.filter((file) => drawer.test(file)).map((file) => `${file}: name it after what is in it, or split it.`),
    );
  });

  it("no file has more than 500 lines", () => {
    const long = written
      .map((file) => ({ file, lines: read(file).split("\n").length - 1 }))
      .filter(({ lines }) => lines > 500);
    none(long.map(({ file, lines }) => `${file} has ${lines} lines. Split it by what it does.`));
  });
});
