/**
 * A program laid out in the kernel's memory: lowered, every tensor in its place, the lists written. What a run needs is kept, and
 * nothing else of how it came to be: programs are kept by the dozen.
 *
 * @module
 */
import { operator } from "../../graph/graph.ts";
import { outputsOf, type Program, takesSeed } from "../../program/program.ts";
import type { Session, SessionOptions } from "../session.ts";
import { type ForeignCommand, type KernelCommand, listOf, resolve, type RowsCommand } from "./command.ts";
import { size } from "./dims.ts";
import type { Engine } from "./engine.ts";
import { foreignSession } from "./foreign.ts";
import type { Hold } from "./handover.ts";
import { Lowering } from "./lowering.ts";
import { lowerings } from "./ops/mod.ts";
import { aligned, plan } from "./plan.ts";
import { type Storage, type View, whole } from "./view.ts";

/** A stretch of kernel commands whose lists lie in memory, or one command that is not the kernel's. */
export type Stage = { table: number } | { foreign: ForeignCommand; session: Session } | { rows: RowsCommand };

export interface Placed {
  /** Where taps and the seed are written, and where results are read. */
  readonly given: ReadonlyMap<string, View>;
  readonly wanted: ReadonlyMap<string, View>;
  /** Values left to other programs of the place: the file's name and the program's. */
  readonly left: readonly (readonly [string, string])[];
  readonly stages: readonly Stage[];
  /** Bytes of the tensors alive at the worst moment, and of the weights that are read. */
  readonly memory: { readonly working: number; readonly weights: number };
  /** Steps that are not the kernel's, by operator. */
  readonly foreign: ReadonlyMap<string, number>;
  /** What this program shares with the others of its place. */
  readonly hold: Hold | undefined;
  giveBack(): void;
}

/** Everything a program took; filled in as it is taken. */
class Holdings {
  readonly owned: [number, number][] = [];
  readonly regions: Parameters<Engine["regions"]["drop"]>[0][] = [];
  readonly #engine: Engine;
  readonly #weights: Lowering["held"];
  readonly #hold: Hold | undefined;

  constructor(engine: Engine, weights: Lowering["held"], hold: Hold | undefined) {
    this.#engine = engine;
    this.#weights = weights;
    this.#hold = hold;
  }

  take(bytes: number): number {
    const at = this.#engine.heap.allocate(bytes);
    this.owned.push([at, bytes]);
    return at;
  }

  giveBack(): void {
    const { heap, regions, weights, handover } = this.#engine;
    for (const [at, bytes] of this.owned) heap.free(at, bytes);
    for (const region of this.regions) regions.drop(region);
    for (const [of, form] of this.#weights) weights.drop(of, form);
    if (this.#hold) handover.drop(this.#hold);
  }
}

/**
 * Places a program; what was held for one that cannot be placed is given back.
 *
 * @param place see `Executor.prepare`
 * @throws KERNEL_MEMORY
 */
export async function placed(
  engine: Engine,
  program: Program,
  { place, fallback }: { place: object | undefined; fallback: SessionOptions },
): Promise<Placed> {
  const l = new Lowering(program, engine),
    hold = place && engine.handover.hold(place, handedOver(program)),
    holdings = new Holdings(engine, l.held, hold);
  try {
    return await laidOut(engine, l, { fallback, hold, holdings });
  } catch (cause) {
    holdings.giveBack();
    throw cause;
  }
}

/** Bytes of the tensors that a program takes over or leaves, by the name they have in the file. */
const handedOver = ({ taps, values, types }: Program): Map<string, number> =>
  new Map(
    [...taps.map((name) => [name, name] as const), ...values].map((
      [name, own],
    ) => [name, 4 * size(types.get(own)!.dims)]),
  );

/** Lowers a program, gives everything its place and writes the lists. */
async function laidOut(
  engine: Engine,
  l: Lowering,
  { fallback, hold, holdings }: { fallback: SessionOptions; hold: Hold | undefined; holdings: Holdings },
): Promise<Placed> {
  const { heap, weights } = engine, { program } = l;
  const inputs = takesSeed(program) ? [...program.taps, program.seed] : program.taps;
  const slot = (name: string): Storage | undefined => hold?.slots.get(name);
  const given = new Map(
    inputs.map((name) => [name, slot(name) ? whole(slot(name)!, l.dims(name)) : l.room(l.dims(name))]),
  );
  for (const [name, view] of given) {
    l.keep(view, "before");
    l.define(name, view);
  }
  const foreign = new Map<string, number>();
  for (const step of program.steps) {
    if (l.done.has(step)) continue;
    const lower = lowerings.get(operator(step));
    if (lower && lower(l, step) !== "foreign") continue;
    l.foreign(step);
    foreign.set(step.op, (foreign.get(step.op) ?? 0) + 1);
  }
  const wanted = new Map(outputsOf(program).map((name) => [name, l.contiguous(l.value(name))]));
  const left = hold ? [...program.values] : [];
  for (const [name, own] of left) l.settle(wanted.get(own)!, slot(name)!);
  for (const [, own] of left) wanted.delete(own);
  for (const view of wanted.values()) l.keep(view, "after");

  const moving = l.storages.filter(({ fixed }) => !fixed), room = plan(moving), region = engine.regions.take(room);
  const working = room + [...hold?.slots.values() ?? []].reduce((sum, { bytes }) => sum + aligned(bytes), 0);
  holdings.regions.push(region);
  for (const storage of moving) storage.at += region.at;
  const tables = holdings.take(l.tableBytes), words = new Int32Array(heap.memory.buffer, tables, l.tableBytes / 4);
  for (const table of l.tables) words.set(table.words.map((word) => resolve(word, tables)), table.at / 4);

  const stages: Stage[] = [];
  for (const stretch of stretches(l.commands)) {
    if (stretch instanceof Array) stages.push({ table: written(engine, stretch, tables, holdings) });
    else if (stretch.kind === "rows") stages.push({ rows: stretch });
    else stages.push({ foreign: stretch, session: await foreignSession(program, stretch.step, fallback) });
  }
  const read = new Set(l.held.map(([of, form]) => weights.storage(of, form)));
  return {
    given,
    wanted,
    left,
    stages,
    memory: { working, weights: [...read].reduce((sum, storage) => sum + storage.bytes, 0) },
    foreign,
    hold,
    giveBack: holdings.giveBack.bind(holdings), // a function written here would keep the lowering
  };
}

/** Kernel commands between the others. */
function stretches(commands: Lowering["commands"]): (KernelCommand[] | ForeignCommand | RowsCommand)[] {
  const all: (KernelCommand[] | ForeignCommand | RowsCommand)[] = [];
  for (const command of commands) {
    if (command.kind !== "kernel") all.push(command);
    else if (all.at(-1) instanceof Array) (all.at(-1) as KernelCommand[]).push(command);
    else all.push([command]);
  }
  return all;
}

/** Writes every thread's list and the table of lists; returns the table's address. */
function written(
  engine: Engine,
  commands: readonly KernelCommand[],
  tables: number,
  holdings: Holdings,
): number {
  const { heap, order, threads } = engine, entries: number[] = [];
  for (let thread = 0; thread < threads; thread++) {
    const list = listOf(commands, thread, { tables, order }), at = holdings.take(list.length * 8);
    new Float64Array(heap.memory.buffer, at, list.length).set(list);
    entries.push(at, list.length);
  }
  const table = [...entries, engine.stamp()], at = holdings.take(table.length * 4);
  new Int32Array(heap.memory.buffer, at, table.length).set(table);
  return at;
}
