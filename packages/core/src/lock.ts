/**
 * A file that says which process works on something (Node and Deno).
 *
 * It appears with its owner in it, or not at all, because a link does; one whose owner is gone is taken over.
 *
 * @module
 */
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import process from "node:process";

/** Lets a lock go. */
export type Release = () => Promise<void>;

/** Locks of this process: one with its number that is not among them is left over from an earlier one. */
const held = new Set<string>();
let names = 0;
/** A name beside a file that no other process, and nobody here, has. */
export const privately = (path: string): string => `${path}-${process.pid}-${++names}`;

/** Takes a lock; undefined where somebody has it. @throws what the disk says where it cannot be written */
export async function locked(path: string): Promise<Release | undefined> {
  if (held.has(path)) return undefined;
  held.add(path);
  const own = privately(path);
  let taken = false;
  try {
    await writeFile(own, String(process.pid));
    for (let tries = 0; !taken && tries < 3; tries++) { // a disk without links never has one
      taken = await link(own, path).then(() => true, () => false);
      if (!taken && !await clearedAway(path)) break;
    }
  } finally {
    await rm(own, { force: true });
    if (!taken) held.delete(path);
  }
  return taken
    ? async () => {
      await rm(path, { force: true });
      held.delete(path);
    }
    : undefined;
}

/** Takes a lock as soon as nobody has it; undefined where that takes longer than `patience` milliseconds. */
export async function lockedWithin(patience: number, path: string): Promise<Release | undefined> {
  for (const until = performance.now() + patience;;) {
    const release = await locked(path);
    if (release || performance.now() > until) return release;
    await new Promise((resolve) => setTimeout(resolve, 10 + 20 * Math.random()));
  }
}

/**
 * Whether a lock whose owner is gone is out of the way. Of two that find one at once the slower takes the quicker one's new lock
 * aside, sees whose it is, and puts it back.
 */
async function clearedAway(path: string): Promise<boolean> {
  if (await lives(path)) return false;
  const aside = privately(path);
  if (!await rename(path, aside).then(() => true, () => false)) return true;
  const mistaken = await lives(aside);
  if (mistaken) await link(aside, path).catch(() => {});
  await rm(aside, { force: true });
  return !mistaken;
}

/** Whether a lock's owner is another process that runs. */
async function lives(path: string): Promise<boolean> {
  const owner = Number(await readFile(path, "utf8").catch(() => ""));
  if (!(owner > 0) || owner === process.pid) return false;
  try {
    process.kill(owner, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
