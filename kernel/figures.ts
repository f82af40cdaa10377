/**
 * How live figures reach who draws them. A client of ours takes numbered deltas over a comm; a Jupyter front end, which has
 * nothing of ours, takes whole frames with the script that draws them. Which one it is, the transport tells: a front end
 * that does not know a comm's target may answer late, once for each of its tabs, or never.
 */
import { readFileSync } from "node:fs";
import type { Host, MimeBundle } from "./plot/host.ts";
import { PageFigures } from "./plot/live/pageFigures.ts";
import type { LiveDelta, LiveState } from "./plot/live/state.ts";
import { currentCell, type CellContext } from "./session/cellContext.ts";
import type { Comms } from "./session/comms/comms.ts";
import { CONTROL, IN_FLIGHT_LIMIT, type Control } from "./session/control.ts";
import { sizeOf } from "./session/mimeBundle.ts";
import type { Output } from "./session/output.ts";

type Channels = Pick<Host, "open" | "send" | "close"> & {
  /** What is shown of a bundle at first, and of one that is to last. */
  first(bundle: MimeBundle): MimeBundle;
  last(bundle: MimeBundle): MimeBundle;
};

/** For the extension and `gradbook run`. */
export function commChannels(comms: Comms): Channels {
  return {
    first: (bundle) => bundle,
    last: (bundle) => bundle,
    open: (id, target, state) => void (currentCell()?.silent || comms.openPlain(id, target, { ...state })),
    send: (id, delta) => comms.sendPlain(id, { ...delta }),
    close: (id) => comms.closePlain(id),
  };
}

/** For Jupyter front ends. `script` is the path of the drawing script, which is read with the first figure. */
export function pageChannels(output: Output, control: Control, script: string): Channels {
  let made: PageFigures | undefined;
  const figures = (): PageFigures =>
    (made ??= new PageFigures({
      script: readFileSync(script, "utf8"),
      now: () => performance.now(),
      busy: () => Atomics.load(control, CONTROL.inFlight) > IN_FLIGHT_LIMIT / 2,
    }));
  const updating =
    (cell: CellContext, display_id: string) =>
    (data: MimeBundle): void =>
      output.publish(
        cell,
        "update_display_data",
        { data, metadata: {}, transient: { display_id } },
        { size: sizeOf(data) },
      );
  return {
    first: (bundle) => figures().first(bundle),
    last: (bundle) => figures().last(bundle),
    open(id, _target, state) {
      const cell = currentCell();
      if (cell && !cell.silent) figures().open(id, state as LiveState, updating(cell, id));
    },
    send: (id, delta) => figures().send(id, delta as LiveDelta),
    close: (id) => figures().close(id),
  };
}
