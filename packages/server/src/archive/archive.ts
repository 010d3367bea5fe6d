/**
 * What a server keeps: results on request, and jobs. One SQLite file, held by one server at a time; it survives a killed process,
 * because every change is one transaction.
 *
 * @module
 */
import { failure } from "@hyaline/core/errors";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { JobTable } from "./job_table.ts";
import { ResultTable } from "./result_table.ts";

export interface Archive {
  readonly results: ResultTable;
  readonly jobs: JobTable;
  close(): void;
}

export interface ArchiveOptions {
  /** Bytes the file may grow to. */
  readonly bytes?: number;
}

/** The layout this code writes; the file says its own. */
const LAYOUT = 1;
const PAGE = 4096;

const tables = `
CREATE TABLE result (id TEXT PRIMARY KEY, created INTEGER NOT NULL, explanations TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE job (id TEXT PRIMARY KEY, created INTEGER NOT NULL, request TEXT NOT NULL, total INTEGER NOT NULL,
  failed INTEGER NOT NULL DEFAULT 0, cancelled INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE text (job TEXT NOT NULL REFERENCES job ON DELETE CASCADE, row INTEGER NOT NULL, text TEXT NOT NULL,
  PRIMARY KEY (job, row)) STRICT, WITHOUT ROWID;
CREATE TABLE outcome (job TEXT NOT NULL REFERENCES job ON DELETE CASCADE, row INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY (job, row)) STRICT, WITHOUT ROWID;
`;

/**
 * Opens an archive, and makes it where there is none.
 *
 * @param path a file, or ":memory:" for one that ends with the process
 * @throws NO_SQLITE on runtimes without it, ARCHIVE_IN_USE, ARCHIVE_UNREADABLE
 */
export async function openArchive(
  path: string,
  { bytes = 8 * 1024 ** 3 }: ArchiveOptions = {},
): Promise<Archive> {
  const { DatabaseSync } = await import("node:sqlite").catch((cause) => {
    throw failure({
      code: "NO_SQLITE",
      message: "This runtime has no SQLite to keep results and jobs in",
      hint: "Use Deno 2.9 or later, or Node 22.13 or later",
      cause,
    });
  });
  if (path !== ":memory:") await mkdir(dirname(path), { recursive: true, mode: 0o700 }); // texts are nobody else's business
  let db: DatabaseSync | undefined;
  try {
    db = new DatabaseSync(path);
    // The exclusive lock dies with the process, however it ends.
    db.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
      PRAGMA foreign_keys = ON; PRAGMA max_page_count = ${Math.ceil(bytes / PAGE)}; BEGIN EXCLUSIVE; COMMIT`);
    const { user_version } = db.prepare("PRAGMA user_version").get() as { user_version: number };
    if (user_version > LAYOUT) throw new Error(`a newer Hyaline wrote it (layout ${user_version})`);
    if (user_version === 0) db.exec(`BEGIN; ${tables} PRAGMA user_version = ${LAYOUT}; COMMIT`);
  } catch (cause) {
    db?.close();
    throw unopened(path, cause as Error);
  }
  const opened = db;
  return { results: new ResultTable(opened), jobs: new JobTable(opened), close: () => opened.close() };
}

const unopened = (path: string, cause: Error) =>
  cause.message.includes("locked")
    ? failure({
      code: "ARCHIVE_IN_USE",
      message: `Another server holds "${path}"`,
      hint: "Stop it, or give this one its own folder: --data",
      cause,
    })
    : failure({
      code: "ARCHIVE_UNREADABLE",
      message: `Cannot open "${path}": ${cause.message}`,
      hint: "Move the file away, or name another folder: --data",
      cause,
    });
