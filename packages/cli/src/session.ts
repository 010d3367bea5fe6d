/**
 * One run of the command line: its world, its way to the core, and how it ends.
 *
 * @module
 */
import type { OpenEngine } from "./engine.ts";
import type { Io } from "./io.ts";

export interface Session {
  readonly io: Io;
  readonly open: OpenEngine;
  /** What the process will end with, unless a command throws. */
  exitCode: number;
}
