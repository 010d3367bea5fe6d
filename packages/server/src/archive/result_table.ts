/**
 * Explanations kept under an id nobody can guess.
 *
 * @module
 */
import { type Explanation, migrate } from "@hyaline/core/result";
import type { DatabaseSync } from "node:sqlite";
import { written } from "./written.ts";

export class ResultTable {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Keeps the explanations of one request; returns their id. @throws ARCHIVE_FULL */
  add(explanations: readonly Explanation[]): string {
    const id = crypto.randomUUID();
    written(() =>
      this.#db.prepare("INSERT INTO result VALUES (?, ?, ?)").run(id, Date.now(), JSON.stringify(explanations))
    );
    return id;
  }

  /** The explanations, brought to today's schema; undefined where there are none. */
  get(id: string): Explanation[] | undefined {
    const found = this.#db.prepare("SELECT explanations FROM result WHERE id = ?").get(id) as
      | { explanations: string }
      | undefined;
    return found && (JSON.parse(found.explanations) as unknown[]).map(migrate);
  }

  /** Whether there was one to forget. */
  delete(id: string): boolean {
    return this.#db.prepare("DELETE FROM result WHERE id = ?").run(id).changes > 0;
  }
}
