/**
 * Our side of the benchmark: answers one JSON line on standard input with one on standard output, as `pytorch.py` and
 * `tfjs.mjs` do. Requests: `about` (versions), `prepare` (makes a work and warms it up), `window` (does it for so many
 * seconds and says how often), `drop`.
 *
 * A process of its own that sets V8's flags as the kernel process does; GRADBOOK_EXPERIMENTAL=0 leaves them alone.
 */
import { enableExperimental } from "../../../kernel/wasm/flags.ts";
import { log } from "../../../kernel/wasm/log.ts";
import { chosenVariant } from "../../../kernel/wasm/probe.ts";
import { serve } from "./serve.ts";

if (process.env["GRADBOOK_EXPERIMENTAL"] !== "0") enableExperimental();
// Only now: the first kernels may be compiled when the library is loaded.
const { workloads } = await import("../workloads/index.ts");

serve({
  about() {
    const { name } = chosenVariant();
    const version = `Node ${process.versions.node}, V8 ${process.versions.v8}`;
    // The choice is the first line; after it come the fall-backs, if there are any.
    return { name: "Gradbook", version, kernels: name, engine: log.join(" ") };
  },
  make(work) {
    const make = workloads[work];
    if (make === undefined) throw new Error(`Gradbook: there is no work ${JSON.stringify(work)}.`);
    return make();
  },
});
