/** Names by which VS Code, the notebook's file and the kernel know Gradbook. */
export const EXTENSION = "gradbook.gradbook";
export const CONTROLLER = "gradbook";
export const RENDERER = "gradbook";
export const NOTEBOOK_TYPE = "jupyter-notebook";
export const LANGUAGE = "typescript";

/** What a notebook's file says about its kernel. */
export const KERNELSPEC = { name: "gradbook", display_name: "Gradbook (TypeScript)", language: LANGUAGE };
export const LANGUAGE_INFO = { name: LANGUAGE, mimetype: "text/typescript", file_extension: ".ts" };
