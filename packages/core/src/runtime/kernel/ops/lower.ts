/**
 * The form of a lowering.
 *
 * @module
 */
import type { Step } from "../../../program/program.ts";
import type { Lowering } from "../lowering.ts";

/** Writes the commands of one step and defines its outputs, or answers "foreign" before it has written any. */
export type Lower = (l: Lowering, step: Step) => void | "foreign";
