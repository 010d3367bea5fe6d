/**
 * Progress on standard error: a bar in a terminal, silence elsewhere.
 *
 * @module
 */
import type { Io } from "./io.ts";

export interface Bar {
  /** Moves the bar; the first call draws it. */
  update(done: number, of: number, what: string): void;
  stop(): void;
}

const silent: Bar = { update: () => {}, stop: () => {} };

/** A bar, where standard error is a terminal that can redraw a line. */
export async function barOn(io: Io): Promise<Bar> {
  if (!io.stderr.isTTY || io.env.TERM === "dumb") return silent;
  const { default: progress } = await import("cli-progress");
  let bar: InstanceType<typeof progress.SingleBar> | undefined;
  return {
    update(done, of, what) {
      if (!bar) {
        bar = new progress.SingleBar({
          format: "{bar} {percentage} %  {what}",
          clearOnComplete: true,
          hideCursor: true,
          stopOnComplete: false,
          fps: 10,
        }, progress.Presets.shades_classic);
        bar.start(of, done, { what });
      }
      bar.setTotal(of);
      bar.update(done, { what });
    },
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}
