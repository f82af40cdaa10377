/** Version of the TypeScript that cells are written in. */
export { version as typescriptVersion } from "typescript";
