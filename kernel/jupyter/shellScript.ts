/** The line of shell between a front end and Node: it finds another Node when the one that was there is gone. */

/** In single quotes, which keep every character but themselves. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** Where versions lie side by side, a pattern for all of them: …/versions/node/v24.1.0/bin/node. */
function siblings(runtime: string): string {
  const [, before, after] = /^(.*\/)[^/]*\d+\.\d+[^/]*(\/.*)$/s.exec(runtime) ?? [];
  return before === undefined || after === undefined ? "" : `${quoted(before)}*${quoted(after)} `;
}

/**
 * Written into the kernelspec's folder, for every system but Windows. `runtime` is the Node to use as long as it is there,
 * `flags` what it needs on its command line, `startFile` the name of the file beside the script.
 */
export function shellScript(runtime: string, flags: readonly string[], startFile: string): string {
  return `#!/bin/sh
# Starts Gradbook's kernel for a front end of Jupyter. Written by "gradbook jupyter install".
node=${quoted(runtime)}
here=\${0%/*}
if [ -n "\${GRADBOOK_RUNTIME:-}" ]; then
  node=$GRADBOOK_RUNTIME
  if [ ! -x "$node" ]; then
    echo "gradbook: GRADBOOK_RUNTIME names $node, which is no program. Correct it or unset it." >&2
    exit 1
  fi
fi
fits() {
  [ -x "$1" ] && "$1" -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 22 || (a == 22 && b >= 15) ? 0 : 1)' 2>/dev/null
}
if [ ! -x "$node" ]; then
  gone=$node node=
  for each in "$(command -v node)" ${siblings(runtime)}/opt/homebrew/bin/node /usr/local/bin/node /usr/bin/node; do
    if fits "$each"; then node=$each; break; fi
  done
  if [ -z "$node" ]; then
    echo "gradbook: the Node that ran the kernel is gone ($gone), and no Node 22.15 or later is on the path. Install one, then run: npx gradbook jupyter install" >&2
    exit 1
  fi
  echo "gradbook: $gone is gone; using $node. To keep to that one: npx gradbook jupyter install" >&2
fi
exec "$node" ${flags.map(quoted).join(" ")} "$here"/${quoted(startFile)} "$@"
`;
}
