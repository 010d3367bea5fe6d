import { readFileSync } from "node:fs";
import type { Explanation } from "@hyaline/core/result";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApp, openArchive } from "../mod.ts";
import { engineWith } from "../testing.ts";
import type { Archive } from "./archive.ts";

/** Node before 22.13 has no SQLite. */
const sqlite = await import("node:sqlite").then(() => true, () => false);
const golden: Explanation[] = JSON.parse(
  readFileSync(new URL("../../../core/src/result/golden/explanation.v1.json", import.meta.url), "utf8"),
);
const engine = engineWith({ explain: () => Promise.resolve(golden.slice(0, 2)) });
const nobody = "00000000-0000-4000-8000-000000000000";

describe.skipIf(!sqlite)("results (skipped where the runtime has no SQLite)", () => {
  let folder: string, archive: Archive;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "hyaline-archive-"));
    archive = await openArchive(join(folder, "a", "archive.sqlite"));
  });
  afterAll(async () => {
    archive.close();
    await rm(folder, { recursive: true });
  });
  const app = (kept: Archive | undefined = archive) =>
    createApp({
      engine,
      models: [{ name: "sentiment-en", bytes: 1 }],
      version: "0",
      ...(kept ? { archive: kept } : {}),
    });
  const ask = (query = "", accept = "application/json", kept: Archive | undefined = archive) =>
    app(kept).request(`/api/v1/explain${query}`, {
      method: "POST",
      headers: { "content-type": "application/json", accept },
      body: JSON.stringify({ input: { text: "I love programming" } }),
    });
  const stored = async () => (await ask("?store=true")).headers.get("location")!;

  test("an explanation is kept when asked for, and only then", async () => {
    expect((await ask()).headers.get("location")).toBeNull();
    const place = await stored(), response = await app().request(place);
    expect(place).toMatch(/^\/api\/v1\/results\/[\da-f-]{36}$/);
    expect(await response.json()).toEqual(golden.slice(0, 2));
  });

  test("a stream tells the permalink before the result", async () => {
    const text = await (await ask("?store=true", "text/event-stream")).text();
    const { location } = JSON.parse(/event: stored\ndata: (.*)/.exec(text)![1]!);
    expect(await (await app().request(location)).json()).toEqual(golden.slice(0, 2));
  });

  test.each([
    ["html", "text/html; charset=utf-8", /^<!doctype html>\n<html lang="zh[\s\S]*<\/html>\n$/],
    ["svg", "image/svg+xml", /^<svg [^>]*lang="zh[\s\S]*<\/svg>\n$/],
    ["csv", "text/csv; charset=utf-8", /^text,model,method,type,[\s\S]*\r\n$/],
  ])("comes as %s, in the reader's language, and shut off from the API", async (format, type, document) => {
    const response = await app().request(`${await stored()}?format=${format}`, {
      headers: { "accept-language": "zh-CN,zh;q=0.9" },
    });
    expect(response.headers.get("content-type")).toBe(type);
    expect(response.headers.get("content-security-policy")).toMatch(/^default-src 'none'.*sandbox/);
    expect(await response.text()).toMatch(document);
  });

  test("is forgotten when told to", async () => {
    const place = await stored();
    expect((await app().request(place, { method: "DELETE" })).status).toBe(204);
    for (const method of ["GET", "DELETE"]) {
      const response = await app().request(place, { method });
      expect([response.status, (await response.json()).code]).toEqual([404, "UNKNOWN_RESULT"]);
    }
  });

  test.each([
    [`/api/v1/results/${nobody}`, 404, "UNKNOWN_RESULT"],
    ["/api/v1/results/..%2F..%2Fetc", 400, "INVALID_REQUEST"],
    ["/api/v1/results/' OR 1=1 --", 400, "INVALID_REQUEST"],
    [`/api/v1/results/${nobody}?format=exe`, 400, "INVALID_REQUEST"],
  ])("refuses %s", async (path, status, code) => {
    const response = await app().request(path);
    expect([response.status, (await response.json()).code]).toEqual([status, code]);
  });

  test("a server without an archive says so before it computes", async () => {
    const response = await createApp({ engine, models: [{ name: "sentiment-en", bytes: 1 }], version: "0" }).request(
      "/api/v1/explain?store=true",
      {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ input: { text: "x" } }),
      },
    );
    expect([response.status, (await response.json()).code]).toEqual([501, "NOTHING_KEPT"]);
  });

  test("outlives the server", async () => {
    const path = join(folder, "again.sqlite"), first = await openArchive(path), id = first.results.add(golden);
    first.close();
    const second = await openArchive(path);
    expect(second.results.get(id)).toEqual(golden);
    second.close();
  });

  test("a file another server holds, one of another kind, and one from the future are refused", async () => {
    const notOne = join(folder, "notes.txt"), future = join(folder, "future.sqlite");
    await writeFile(notOne, "x".repeat(5000));
    const { DatabaseSync } = await import("node:sqlite"), db = new DatabaseSync(future);
    db.exec("PRAGMA user_version = 99");
    db.close();
    await expect(openArchive(join(folder, "a", "archive.sqlite"))).rejects.toMatchObject({ code: "ARCHIVE_IN_USE" });
    await expect(openArchive(notOne)).rejects.toMatchObject({ code: "ARCHIVE_UNREADABLE" });
    await expect(openArchive(future)).rejects.toMatchObject({ code: "ARCHIVE_UNREADABLE" });
  });

  test("a full archive refuses with 507 and goes on when there is room again", async () => {
    const small = await openArchive(":memory:", { bytes: 400_000 }), ids: string[] = [];
    let answer = await ask("?store=true", "application/json", small);
    for (; answer.status === 200 && ids.length < 1000; answer = await ask("?store=true", "application/json", small)) {
      ids.push(answer.headers.get("location")!.split("/").at(-1)!);
    }
    expect([answer.status, (await answer.json()).code]).toEqual([507, "ARCHIVE_FULL"]);
    for (const id of ids) small.results.delete(id);
    expect((await ask("?store=true", "application/json", small)).status).toBe(200);
    small.close();
  });
});
