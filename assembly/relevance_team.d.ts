/** Bytes the team keeps to itself at the start of the memory. */
export const RESERVED: number;
/** Names of the kernel's functions in the order lists number them. */
export function order(exports: object): string[];

/**
 * One thread of a team. A program is a table in memory: for each thread the byte offset and the length (in doubles) of its list,
 * then a stamp that differs between programs at the same place. A list holds calls: number of the function (−1: a barrier), number
 * of arguments, arguments.
 */
export class Member {
  constructor(exports: object, memory: WebAssembly.Memory, index: number, size: number, canSleep: boolean);
  /** Waits until all threads have arrived. */
  barrier(): void;
  /** Starts a run on every thread, walks the own list, and returns when all are done. @throws where any thread failed */
  lead(table: number): void;
  /** Lets the workers' threads end. */
  dismiss(): void;
}

/** Starts thread `index` of `size` on a shared memory; resolves when it waits for work. It never keeps the process alive afterwards. */
export function enlist(member: { module: WebAssembly.Module; memory: WebAssembly.Memory; index: number; size: number }): Promise<{ terminate(): void }>;
