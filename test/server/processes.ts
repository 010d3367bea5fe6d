/** What Linux tells of a process and of those it started: processor time and memory. */
import { readFile } from "node:fs/promises";

/** Hundredths of a second that a process has computed; undefined where it is gone, or dead and not yet buried. */
export async function ticks(pid: string): Promise<number | undefined> {
  const [state, ...fields] = (await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")).split(") ")[1]?.split(" ") ??
    [];
  return state === undefined || state === "Z" ? undefined : Number(fields[10]) + Number(fields[11]);
}

/** Processes that one has started. */
export const children = async (pid: number): Promise<string[]> =>
  (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ").filter(Boolean);

const family = async (pid: number): Promise<string[]> => [String(pid), ...await children(pid)];

/** Hundredths of a second that a process and its children have computed. */
export async function processor(pid: number): Promise<number> {
  const times = await Promise.all((await family(pid)).map(ticks));
  return times.reduce<number>((sum, time) => sum + (time ?? NaN), 0);
}

/** Bytes of memory that a process and its children hold. */
export async function resident(pid: number): Promise<number> {
  const rss = async (id: string): Promise<number> =>
    1024 * Number(/^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${id}/status`, "utf8"))?.[1] ?? 0);
  const sizes = await Promise.all((await family(pid)).map(rss));
  return sizes.reduce((sum, size) => sum + size, 0);
}
