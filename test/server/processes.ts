/** What Linux tells of a process and of those it started: processor time and memory. */
import { readFile } from "node:fs/promises";

/** Hundredths of a second that a process has used of processors. */
export interface Times {
  /** By what it computes. */
  readonly user: number;
  /** By what the system does for it, giving back its memory when it ends among that. */
  readonly system: number;
  /** Ended, or about to: its number is all that is left of its first thread. */
  readonly dead: boolean;
}

/** Undefined where there is no such process any more. */
export async function times(pid: string): Promise<Times | undefined> {
  const fields = (await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")).split(") ")[1]?.split(" ");
  return fields && { user: Number(fields[11]), system: Number(fields[12]), dead: fields[0] === "Z" };
}

/** Processes that one has started. */
export const children = async (pid: number): Promise<string[]> =>
  (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ").filter(Boolean);

const family = async (pid: number): Promise<string[]> => [String(pid), ...await children(pid)];

/** Hundredths of a second that a process and its children have computed. */
export async function processor(pid: number): Promise<number> {
  const all = await Promise.all((await family(pid)).map(times));
  return all.reduce((sum, time) => sum + (time ? time.user + time.system : NaN), 0);
}

/** Bytes of memory that a process and its children hold. */
export async function resident(pid: number): Promise<number> {
  const rss = async (id: string): Promise<number> =>
    1024 * Number(/^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${id}/status`, "utf8"))?.[1] ?? 0);
  const sizes = await Promise.all((await family(pid)).map(rss));
  return sizes.reduce((sum, size) => sum + size, 0);
}
