/**
 * Where plugins come from: a folder, an archive, a git repository, or npm. Nothing of what is fetched is run.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import process from "node:process";
import { pluginSource } from "../errors.ts";
import { unpacked } from "./archive.ts";
import { type Files, MOST } from "./contents.ts";
import { filesOf } from "./files.ts";

/** A plugin's files and where they are from. */
export interface Fetched {
  readonly files: Files;
  /** The source again, so that an update finds it from anywhere. */
  readonly source: string;
  /** What exactly was fetched: an npm integrity, a commit. */
  readonly resolved?: string;
}

const NPM = /^(@[a-z0-9~][a-z0-9._~-]*\/)?[a-z0-9~][a-z0-9._~-]*(@[^\s/:\\]+)?$/;
const GIT = /^git\+(https|ssh|file):\/\/|\.git(#|$)|^[^#]+#[\w./-]+$/;

/**
 * Fetches a plugin.
 *
 * @param source a folder or archive, `git+https://…#ref`, `./repository.git`, or an npm package (`name`, `name@^1`)
 * @throws PLUGIN_SOURCE, PLUGIN_PATH
 */
export async function fetched(source: string, cwd: string = process.cwd()): Promise<Fetched> {
  if (GIT.test(source)) return await fromGit(source, cwd);
  const path = resolve(cwd, source.startsWith("file:") ? new URL(source).pathname : source);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return { files: await filesOf(path), source: path };
  if (found?.isFile()) {
    if (found.size > MOST.bytes) throw pluginSource(source, `it is larger than ${MOST.bytes} bytes`);
    return { files: await unpacked(await readFile(path), source), source: path };
  }
  if (NPM.test(source) && !/\.(tgz|tar)$/.test(source)) return await fromNpm(source);
  throw pluginSource(source, "it is not there");
}

/** npm fetches, by its own settings, and checks the registry's digest; `--ignore-scripts` keeps it from running anything. */
async function fromNpm(spec: string): Promise<Fetched> {
  return await inTemporary(async (folder) => {
    const out = await ran("npm", [
      "pack",
      "--ignore-scripts",
      "--json",
      `--pack-destination=${folder}`,
      "--",
      spec,
    ], { cwd: folder, source: spec });
    const [packed] = Object.values(JSON.parse(String(out)) as Record<string, { filename: string; integrity?: string }>);
    const archive = await readFile(join(folder, basename(packed!.filename)));
    return {
      files: await unpacked(archive, spec),
      source: spec,
      ...(packed!.integrity ? { resolved: packed!.integrity } : {}),
    };
  });
}

/**
 * A bare clone, then its files at one commit. The clone's own configuration is ours: what a repository's says (hooks, filters) is
 * never read, and no work tree is written.
 */
async function fromGit(source: string, cwd: string): Promise<Fetched> {
  const [, place = "", ref = "HEAD"] = /^(?:git\+)?([^#]*)(?:#(.*))?$/.exec(source)!;
  const remote = /^(https|ssh|file):\/\//.test(place), from = remote ? place : resolve(cwd, place);
  return await inTemporary(async (folder) => {
    const clone = join(folder, "clone"),
      git = (args: string[], alone = true) => ran("git", args, { cwd: folder, source, env: alone ? ALONE : {} });
    const careful = ["-c", "protocol.ext.allow=never", "-c", "core.hooksPath=/dev/null"];
    await git([...careful, "clone", "--quiet", "--bare", "--no-local", "--template=", "--", from, clone], false);
    const commit = String(await git(["-C", clone, "rev-parse", "--verify", "--end-of-options", `${ref}^{commit}`]))
      .trim();
    const archive = await git(["-C", clone, "archive", "--format=tar", commit]);
    return {
      files: await unpacked(archive, source),
      source: `git+${remote ? place : `file://${from}`}${ref === "HEAD" ? "" : `#${ref}`}`,
      resolved: commit,
    };
  });
}

/** Nothing of the person's own git settings: they could name filters. */
const ALONE = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };

async function inTemporary<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "hyaline-plugin-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function ran(
  command: string,
  args: readonly string[],
  { cwd, source, env = {} }: { cwd: string; source: string; env?: Record<string, string> },
): Promise<Uint8Array> {
  const options = {
    cwd,
    env: { ...process.env, GIT_TERMINAL_PROMPT: "0", NO_COLOR: "1", npm_config_update_notifier: "false", ...env },
    encoding: "buffer",
    maxBuffer: 2 * MOST.bytes,
    timeout: 120_000,
  } as const;
  return new Promise((done, fail) =>
    execFile(command, args, options, (error, stdout, stderr) => {
      if (!error) return done(stdout);
      const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
      const words = String(stderr).trim().split("\n").filter((line) => /error|fatal/i.test(line)).slice(0, 2).join(
        "; ",
      );
      fail(pluginSource(source, missing ? `${command} is not installed` : words || error.message, error));
    })
  );
}
