import type { Command } from "./index.ts";

/** The text at a path: a cell's, or a module's that cells import. */
export const source: Command = async (args, on) => {
  const path = (args["source"] as { path?: unknown } | undefined)?.path;
  if (typeof path !== "string") throw new TypeError("source: source.path must be a path.");
  const [script] = on.scripts.of(path);
  const content = on.texts.get(path) ?? script?.text;
  if (content === undefined) throw new Error(`source: nothing has run that comes from ${path}.`);
  return { content, mimeType: "text/typescript" };
};

/** The files that cells have imported. */
export const modules: Command = ({ startModule = 0, moduleCount = 0 }, on) => {
  const paths = [...new Set([...on.scripts.all()].map(({ path }) => path))].filter(
    (path) => !path.startsWith(on.prefix),
  );
  const start = Number(startModule);
  const end = Number(moduleCount) > 0 ? start + Number(moduleCount) : paths.length;
  const shown = paths.slice(start, end).map((path, i) => ({ id: start + i, name: on.nameOf(path), path }));
  return { modules: shown, totalModules: paths.length };
};
