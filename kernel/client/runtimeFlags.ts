/** Flags that a Node of this major version must have on the command line to run the kernel. */
export function runtimeFlags(major: number): string[] {
  // Ending a loop inside a timer would otherwise abort the process ("async hook stack has become corrupted").
  const flags = ["--no-force-async-hooks-checks"];
  // Node 24 has it by default, and refuses the flag: without it, ending a loop while AsyncLocalStorage is in use aborts as well.
  if (major < 24) flags.push("--experimental-async-context-frame");
  return flags;
}
