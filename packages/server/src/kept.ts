/**
 * What a server keeps, and who works through its jobs.
 *
 * @module
 */
import { failure } from "@hyaline/core/errors";
import type { Deps } from "./app.ts";
import type { Archive } from "./archive/archive.ts";
import { JobRunner } from "./job_runner.ts";

export interface Kept extends Pick<Archive, "results" | "jobs"> {
  readonly runner: JobRunner;
}

/** The archive with its runner, which goes on at once with what was left undone. */
export const keeping = ({ results, jobs }: Archive, { config, limits, queue, stopping }: Omit<Deps, "kept">): Kept => ({
  results,
  jobs,
  runner: new JobRunner({
    jobs,
    stopping,
    stuck: (error) => config.log?.({ event: "jobs wait", why: error instanceof Error ? error.message : String(error) }),
    explain: (request, given) =>
      queue.run(
        () => {
          const signal = AbortSignal.any([given, AbortSignal.timeout(limits.deadline)]); // waiting is not held against it
          return config.engine.explain(request, { signal });
        },
        given,
        { patient: true },
      ),
  }),
});

/** @throws NOTHING_KEPT where the server was started without an archive */
export function keptBy({ kept }: Pick<Deps, "kept">): Kept {
  if (kept) return kept;
  throw failure({
    code: "NOTHING_KEPT",
    message: "This server keeps no results and no jobs",
    hint: "Start it with --data and a folder",
  });
}
