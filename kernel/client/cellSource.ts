export { cellSource } from "../protocol/cellSource.ts";
