/**
 * Where results go: standard output, or a file that is there whole or not at all.
 *
 * @module
 */
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import process from "node:process";
import { unwritableFile } from "./failures.ts";
import type { Io } from "./io.ts";

/** Takes text piece by piece; `close` makes it count, `discard` leaves no trace. */
export interface Output {
  write(text: string): Promise<void>;
  close(): Promise<void>;
  discard(): Promise<void>;
}

/** Standard output, or with a path a file beside it that takes its name at the end (rename is atomic within a folder). */
export async function outputTo(path: string | undefined, io: Io): Promise<Output> {
  if (path === undefined || path === "-") {
    return {
      write: (text) => Promise.resolve(io.stdout.write(text)),
      close: () => Promise.resolve(),
      discard: () => Promise.resolve(),
    };
  }
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  const or = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error) => {
      throw unwritableFile(path, error);
    });
  const file = await or(open(temporary, "wx"));
  const drop = async () => {
    await file.close().catch(() => {});
    await rm(temporary, { force: true });
  };
  return {
    write: (text) => or(file.writeFile(text)),
    async close() {
      try {
        await or(file.sync());
        await or(file.close());
        await or(rename(temporary, path));
      } catch (error) {
        await drop();
        throw error;
      }
    },
    discard: drop,
  };
}
