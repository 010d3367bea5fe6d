/**
 * Jobs: a corpus of texts, one request for all of them, and one outcome a text. The key (job, row) makes a row that was computed
 * twice count once.
 *
 * @module
 */
import type { ExplainRequest, Explanation } from "@hyaline/core/result";
import type { DatabaseSync } from "node:sqlite";
import { written } from "./written.ts";

/** What all texts of a job are asked. */
export type JobRequest = Omit<ExplainRequest, "input">;

export interface Job {
  readonly id: string;
  /** ISO 8601. */
  readonly created: string;
  readonly state: "running" | "done" | "cancelled";
  readonly total: number;
  /** Rows with an outcome, failed ones included. */
  readonly done: number;
  readonly failed: number;
  readonly request: JobRequest;
}

/** What became of one text. */
export type Outcome =
  | { readonly explanations: readonly Explanation[] }
  | { readonly error: { readonly code: string; readonly message: string; readonly hint?: string } };

export type JobRow = { readonly row: number; readonly text: string } & Outcome;

interface Stored {
  readonly id: string;
  readonly created: number;
  readonly request: string;
  readonly total: number;
  readonly failed: number;
  readonly cancelled: number;
  readonly done: number;
}

const SELECT =
  `SELECT job.rowid, job.*, (SELECT coalesce(max(row) + 1, 0) FROM outcome WHERE job = job.id) AS done FROM job`;

export class JobTable {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** @throws ARCHIVE_FULL, and then nothing of the job is kept */
  add(texts: readonly string[], request: JobRequest): Job {
    const id = crypto.randomUUID(), db = this.#db;
    this.#whole(() => {
      db.prepare("INSERT INTO job (id, created, request, total) VALUES (?, ?, ?, ?)")
        .run(id, Date.now(), JSON.stringify(request), texts.length);
      const insert = db.prepare("INSERT INTO text VALUES (?, ?, ?)");
      for (const [row, text] of texts.entries()) insert.run(id, row, text);
    });
    return this.get(id)!;
  }

  get(id: string): Job | undefined {
    const found = this.#db.prepare(`${SELECT} WHERE id = ?`).get(id) as Stored | undefined;
    return found && jobOf(found);
  }

  /** The newest hundred, newest first. */
  list(): Job[] {
    return (this.#db.prepare(`${SELECT} ORDER BY rowid DESC LIMIT 100`).all() as unknown as Stored[]).map(jobOf);
  }

  /** The first text without an outcome, of the oldest job that runs. Rows are done in order, so that the last one tells the next. */
  next(): { readonly job: Job; readonly row: number; readonly text: string } | undefined {
    const found = this.#db.prepare(
      `SELECT * FROM (${SELECT}) WHERE done < total AND NOT cancelled ORDER BY rowid LIMIT 1`,
    )
      .get() as Stored | undefined;
    if (!found) return undefined;
    const { text } = this.#db.prepare("SELECT text FROM text WHERE job = ? AND row = ?").get(found.id, found.done) as {
      text: string;
    };
    return { job: jobOf(found), row: found.done, text };
  }

  /** Keeps an outcome; one that comes late, for a row that has one or a job that is gone or cancelled, changes nothing. @throws ARCHIVE_FULL */
  finish(id: string, row: number, outcome: Outcome): void {
    this.#whole(() => {
      const { changes } = this.#db.prepare(
        `INSERT INTO outcome SELECT id, ?, ? FROM job WHERE id = ? AND NOT cancelled ON CONFLICT DO NOTHING`,
      ).run(row, JSON.stringify(outcome), id);
      if (changes && "error" in outcome) this.#db.prepare("UPDATE job SET failed = failed + 1 WHERE id = ?").run(id);
    });
  }

  /** Outcomes from a row on, as they were done. */
  rows(id: string, from: number, most: number): JobRow[] {
    const found = this.#db.prepare(
      "SELECT row, text, body FROM outcome JOIN text USING (job, row) WHERE job = ? AND row >= ? ORDER BY row LIMIT ?",
    ).all(id, from, most) as unknown as { row: number; text: string; body: string }[];
    return found.map(({ row, text, body }) => ({ row, text, ...JSON.parse(body) as Outcome }));
  }

  /** Stops a job; what is done stays. */
  cancel(id: string): void {
    this.#db.prepare("UPDATE job SET cancelled = 1 WHERE id = ?").run(id);
  }

  /** Whether there was one to forget. */
  delete(id: string): boolean {
    return this.#db.prepare("DELETE FROM job WHERE id = ?").run(id).changes > 0;
  }

  /** All of it or nothing. */
  #whole(write: () => void): void {
    this.#db.exec("BEGIN");
    try {
      written(write);
      this.#db.exec("COMMIT");
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec("ROLLBACK");
      throw error;
    }
  }
}

const jobOf = ({ id, created, request, total, done, failed, cancelled }: Stored): Job => ({
  id,
  created: new Date(created).toISOString(),
  state: done === total ? "done" : cancelled ? "cancelled" : "running",
  total,
  done,
  failed,
  request: JSON.parse(request),
});
