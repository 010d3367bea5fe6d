/**
 * Requests drawn from the OpenAPI document: whatever is asked, no answer is a 5xx, and every answer has the status, type and form
 * that the document promises. A few in the test; `EXAMPLES=200 deno run -A npm:vitest run test/server/properties.test.ts` for many.
 */
import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { canServe, json, serving } from "./serving.ts";

const has = spawnSync("st", ["--version"]).status === 0;
const examples = Number(process.env.EXAMPLES ?? 3);
/** Seconds: the largest request that may be drawn takes a minute, and ten on a crowded machine. */
const PATIENCE = 600;
const checks = "not_a_server_error,response_schema_conformance,status_code_conformance,content_type_conformance";

test.skipIf(!canServe || !has)(
  `${examples} requests an operation (skipped without schemathesis)`,
  { timeout: 240_000 + examples * 20_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "hyaline-properties-"));
    const server = await serving(["--deadline", `${PATIENCE}`]);
    try {
      const kept = await fetch(`${server.url}/api/v1/explain?store=true`, json({ input: { text: "a fine film" } }));
      const config = join(folder, "schemathesis.toml");
      // names of what there is, so that requests get past the door
      await writeFile(
        config,
        `[parameters]
"path.model" = "sentiment-en"
"path.name" = "sentiment-en"
[[operations]]
include-name = "GET /api/v1/results/{id}"
parameters = { "path.id" = "${kept.headers.get("location")!.split("/").at(-1)}" }
`,
      );
      const args = [
        "--config-file",
        config,
        "run",
        `${server.url}/openapi.json`,
        "--checks",
        checks,
        "--seed",
        "1",
        "--request-timeout",
        `${PATIENCE + 30}`,
      ];
      const phases = examples < 50 ? "fuzzing" : "coverage,fuzzing,stateful";
      const { stdout, failed } = await promisify(execFile)(
        "st",
        [...args, "--max-examples", `${examples}`, "--phases", phases, "--no-color"],
        { cwd: folder, maxBuffer: 2 ** 26 },
      ).then(({ stdout }) => ({ stdout, failed: false }), ({ stdout }) => ({ stdout: String(stdout), failed: true }));
      expect(failed ? stdout.slice(-8000) : "").toBe("");
      console.log(/\d+ generated, \d+ passed/.exec(stdout)![0]);
    } finally {
      await server.end();
      await rm(folder, { recursive: true });
    }
  },
);
