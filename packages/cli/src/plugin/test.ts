/**
 * `hyaline plugin test`: the conformance kit on a plugin that need not be installed.
 *
 * @module
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { conformance, type Finding, pluginCases, tap } from "@hyaline/core/conformance";
import { pluginManifest, sandboxMissing } from "@hyaline/core/errors";
import { candidate, findDeno, lockedIn, PluginStore } from "@hyaline/core/node";
import type { Session } from "../session.ts";
import { homeFolder } from "../settings.ts";
import { collisionFree } from "./collision.ts";

const TEXT = "A moving, funny film that I would love to see again";

/**
 * Tests a plugin and prints TAP.
 *
 * @returns whether everything held
 * @throws what `candidate` throws, PLUGIN_COLLISION, PLUGIN_API, SANDBOX_MISSING
 */
export async function testPlugin(source: string, { model }: { model: string }, session: Session): Promise<boolean> {
  const found = await candidate(source), { manifest } = found, missed: string[] = [];
  await collisionFree(found, await new PluginStore(homeFolder(session.io.env)).entries());
  if (manifest.explainers.length && !findDeno()) throw sandboxMissing(manifest.id);
  const folder = await mkdtemp(join(tmpdir(), "hyaline-plugin-test-"));
  let held = true;
  try {
    for (const [path, bytes] of found.files) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), bytes);
    }
    // Whatever it asks for, it must do without: nothing is granted here.
    const plugin = await lockedIn({
      ...found,
      manifest: { ...manifest, permissions: {} },
      folder,
      missed: (names) => missed.push(...names),
    });
    const engine = await session.open({ offline: true, guest: plugin });
    try {
      const findings = conformance({
        manifest,
        explain: (request, { signal, progress }) =>
          engine.explain(request, { signal: AbortSignal.any([signal, session.io.signal]), progress }),
        run: plugin.run,
        composites: found.composites,
        cases: casesOf(found.files.get("cases.json"), source),
        missed: () => missed.splice(0),
        restart: async () => await plugin.close?.(),
        model,
        text: TEXT,
      });
      for await (const line of tap(noted(findings, () => (held = false)))) session.io.stdout.write(line + "\n");
    } finally {
      await engine.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return held;
}

function casesOf(bytes: Uint8Array | undefined, source: string) {
  if (!bytes) return [];
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw pluginManifest(source, [`cases.json: it is not JSON (${(error as Error).message})`]);
  }
  const { success, data, error } = pluginCases.safeParse(value);
  if (success) return data.cases;
  throw pluginManifest(source, error.issues.map(({ path, message }) => `cases.json: ${path.join(".")}: ${message}`));
}

async function* noted(findings: AsyncIterable<Finding>, failed: () => void): AsyncGenerator<Finding> {
  for await (const one of findings) {
    if (one.why) failed();
    yield one;
  }
}
