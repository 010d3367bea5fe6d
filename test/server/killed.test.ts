/** A job outlives `kill -9`: the next server finishes it, and every text has one row. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openArchive } from "../../packages/server/src/mod.ts";
import { canServe, json, serving } from "./serving.ts";

const SEEDS = 10, ROWS = 16;
const texts = Array.from({ length: ROWS }, (_, i) => `Film number ${i} is ${i % 3 ? "a dull mess" : "a delight"}`);

/** Mulberry32: the same moments on every machine. */
const drawn = (seed: number): number => {
  let x = (seed + 1) * 0x6d2b79f5;
  x = Math.imul(x ^ (x >>> 15), x | 1);
  x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
  return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
};

test.skipIf(!canServe)(
  `a job finishes with every row once, killed at ${SEEDS} moments`,
  { timeout: 600_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "hyaline-killed-"));
    let server = await serving(["--data", folder]);
    const get = async (path: string) => await (await fetch(server.url + path)).text();
    const add = async (): Promise<string> =>
      (await (await fetch(`${server.url}/api/v1/jobs`, json({ texts, checks: false }))).json()).id;
    const rows = async (id: string) =>
      (await get(`/api/v1/jobs/${id}/rows?follow=true`)).trim().split("\n").map((line) => JSON.parse(line));
    await rows(await add()); // the model is open now
    const from = performance.now();
    await rows(await add());
    const whole = performance.now() - from, killedAt: number[] = [];
    for (let seed = 0; seed < SEEDS; seed++) {
      const id = await add();
      await new Promise((resolve) => setTimeout(resolve, drawn(seed) * whole));
      await server.end("SIGKILL");
      const archive = await openArchive(join(folder, "archive.sqlite"));
      killedAt.push(archive.jobs.get(id)!.done);
      archive.close();
      server = await serving(["--data", folder]);
      const found = await rows(id);
      expect(found.map(({ row, text }) => [row, text])).toEqual([...texts.entries()]);
      for (const { text, explanations } of found) expect(explanations[0].text).toBe(text);
      expect(JSON.parse(await get(`/api/v1/jobs/${id}`))).toMatchObject({ state: "done", done: ROWS, failed: 0 });
    }
    await server.end();
    await rm(folder, { recursive: true });
    console.log(`killed after ${killedAt.join(", ")} of ${ROWS} rows`);
    expect(killedAt.filter((done) => done > 0 && done < ROWS).length).toBeGreaterThanOrEqual(SEEDS / 2);
  },
);
