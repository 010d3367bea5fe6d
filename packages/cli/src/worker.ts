/**
 * The process that computes for `hyaline serve`.
 *
 * @module
 */
import process from "node:process";
import { offer, parent } from "@hyaline/server/worker";
import type { EngineOptions } from "./engine.ts";
import { openEngine } from "./open.ts";

/** What the server says to the one it starts. */
export interface Given {
  /** Where models lie, by the names requests use. */
  readonly places: Readonly<Record<string, string>>;
  /** Bytes of models' files that may be open at once. */
  readonly memory: number;
  readonly threads?: number | undefined;
  readonly backend?: EngineOptions["backend"];
}

const given: Given = JSON.parse(process.argv[2]!);
offer(await openEngine({ offline: true, ...given }), parent());
