/**
 * Runs relevance programs on ONNX Runtime.
 *
 * @module
 */
import { encodeGraph } from "../../onnx/encode.ts";
import { outputsOf, takesSeed } from "../../program/program.ts";
import type { Executor } from "../executor.ts";
import { openSession, type SessionOptions } from "../session.ts";
import { apart } from "./weights.ts";
import { programGraph } from "./program_graph.ts";

/** The executor `ort` on one backend. */
export function ortExecutor(options: SessionOptions): Executor {
  return {
    id: "ort",
    async prepare(program) {
      const { graph, externalData } = apart(programGraph(program, { fusedMatMul: options.backend !== "webgpu" }));
      const session = await openSession(encodeGraph(graph), { ...options, externalData }), fetches = outputsOf(program);
      return {
        notes: [],
        async run(taps, seed) {
          const feeds = new Map(program.taps.map((name) => [name, taps.get(name)!]));
          if (seed && takesSeed(program)) feeds.set(program.seed, seed);
          return await session.run(feeds, fetches);
        },
        release: () => session.release(),
      };
    },
  };
}
