/** What the extension and its plugin in the TypeScript server say to each other. */

/** The package's name, by which `contributes.typescriptServerPlugins` and `configurePlugin` know it. */
export const PLUGIN = "gradbook-typescript-plugin";

export interface PluginConfiguration {
  /** Notebooks for whose cells the kernel's language service answers: as `notebookName`. */
  notebooks: string[];
}

/** The server's name for a cell's file: `^/<scheme>/<authority>/<path>#<fragment>`. A path may contain a `#` itself. */
const CELL = /^\^\/vscode-notebook-cell\/[^/]*(\/.*)#[^#/]*$/;

/** The notebook that a file of the server is a cell of; undefined for any other file. */
export function notebookOfFile(fileName: string): string | undefined {
  return CELL.exec(fileName)?.[1];
}

/** The name of a notebook from its URI's path, which VS Code writes without a slash when it is not saved yet. */
export function notebookName(path: string): string {
  return path.startsWith("/") ? path : `/${path}`;
}

/** What a notebook's file says when Gradbook is its kernel. In the text of a cell the quotes would be escaped. */
const KERNELSPEC = /"kernelspec"\s*:\s*\{[^{}]*"name"\s*:\s*"gradbook"/;

/** Whether the file of a notebook names our kernel; looked up once for each. */
export function saysGradbook(read: (file: string) => string | undefined): (notebook: string) => boolean {
  const known = new Map<string, boolean>();
  return (notebook) => {
    let says = known.get(notebook);
    // Windows: /c:/folder is c:/folder.
    const file = notebook.replace(/^\/(?=[a-z]:)/i, "");
    if (says === undefined) known.set(notebook, (says = KERNELSPEC.test(read(file) ?? "")));
    return says;
  };
}
