/**
 * What the kernel is told to do: calls of its functions, thread by thread, with addresses that the memory plan fills in later.
 *
 * @module
 */
import type { InitOutput } from "@hyaline/assembly";
import type { Constant } from "../../graph/graph.ts";
import type { Step } from "../../program/program.ts";
import type { Storage, View } from "./view.ts";

/** Name of an exported kernel function. */
export type KernelFunction = Exclude<keyof InitOutput, "memory">;

/** A byte address inside a storage. */
export interface Address {
  readonly storage: Storage;
  readonly bytes: number;
}
/** Words the host writes once: shapes and steps of a walk, or a weight's description. */
export interface Table {
  readonly words: readonly Argument[];
  /** Byte offset within the program's tables. */
  readonly at: number;
}
export type Argument = number | Address | Table;

export interface Call {
  readonly name: KernelFunction;
  readonly args: readonly Argument[];
}

/** Calls of one step of the program, for each thread. Commands follow each other; `solo` ones run on the first thread. */
export interface KernelCommand {
  readonly kind: "kernel";
  readonly calls: readonly (readonly Call[])[];
  readonly solo: boolean;
}
/** A step the kernel has no function for: ONNX Runtime computes it between two stretches of kernel commands. */
export interface ForeignCommand {
  readonly kind: "foreign";
  readonly step: Step;
  /** Contiguous views by tensor name; inputs that are constants of the program are not among them. */
  readonly inputs: ReadonlyMap<string, View>;
  readonly outputs: ReadonlyMap<string, View>;
}
/** Rows copied from a table of the file, which stays where it is: of an embedding only the rows of a text are ever needed. */
export interface RowsCommand {
  readonly kind: "rows";
  readonly table: Constant;
  /** Which rows, 32-bit, and where they go: both contiguous. */
  readonly picks: View;
  readonly rows: View;
}
export type Command = KernelCommand | ForeignCommand | RowsCommand;

/** The address of a view's first element, `elements` further. */
export const address = (view: View, elements = 0): Address => ({
  storage: view.storage,
  bytes: (view.offset + elements) * 4,
});

/** Number of an argument once everything has its place. */
export function resolve(argument: Argument, tables: number): number {
  if (typeof argument === "number") return argument;
  return "storage" in argument ? argument.storage.at + argument.bytes : tables + argument.at;
}

/**
 * One thread's list in the form the team reads: function (−1: barrier), number of arguments, arguments. A barrier stands wherever a
 * parallel command meets another command; solo commands follow each other without one.
 */
export function listOf(
  commands: readonly KernelCommand[],
  thread: number,
  { tables, order }: { tables: number; order: ReadonlyMap<string, number> },
): number[] {
  const words: number[] = [];
  commands.forEach((command, i) => {
    if (i > 0 && !(command.solo && commands[i - 1]!.solo)) words.push(-1, 0);
    for (const { name, args } of command.calls[thread] ?? []) {
      words.push(
        order.get(name)!,
        args.length,
        ...args.map((one) => resolve(one, tables)),
      );
    }
  });
  return words;
}
