/**
 * The sandbox of Deno and Node: a Deno process that may read the plugin's folder and nothing else.
 *
 * Deno's permissions keep it from files, network, environment and other programs; the operating system bounds its memory; the host its
 * time and its output.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { defaultCache } from "../checkpoint/disk_store.ts";
import { type HyalineError, pluginLimit } from "../errors.ts";
import type { Line } from "./host.ts";
import { unframer } from "./stream.ts";

/** What a process may be given beyond its own folder, as a person agreed to. */
export interface Grants {
  readonly net?: readonly string[] | undefined;
  readonly read?: readonly string[] | undefined;
}

export interface ProcessOptions {
  readonly plugin: string;
  readonly folder: string;
  /** The module, relative to the folder. */
  readonly entry: string;
  readonly grants?: Grants;
  /** MiB of heap; buffers may take as much again. 512 by default. */
  readonly memory?: number;
}

const MiB = 2 ** 20;
/** Bytes of one message, and of all that a plugin prints to standard error. */
const FRAME = 64 * MiB, PRINTED = MiB;
const guest = fileURLToPath(new URL("guest_process.ts", import.meta.url));
/** All of the core that a plugin may load: the contract's two values. */
const contract = new URL("../plugin/explainer.ts", import.meta.url);
const importMap = `data:application/json,${
  encodeURIComponent(JSON.stringify({ imports: { "@hyaline/core/plugin": contract.href } }))
}`;

/** The Deno at hand: the one that runs this, or the one on the path. A compiled program is none. */
export function findDeno(): string | undefined {
  const own = globalThis.Deno as { build: { standalone?: boolean } } | undefined;
  if (own && !own.build.standalone) return process.execPath;
  const name = process.platform === "win32" ? "deno.exe" : "deno";
  return (process.env.PATH ?? "").split(delimiter).filter(Boolean).map((folder) => join(folder, name)).find(existsSync);
}

/** Processes that live. They end with this one. */
const living = new Set<ChildProcess>();
process.on("exit", () => living.forEach((child) => child.kill("SIGKILL")));

/** Starts a plugin in a process of its own. */
export function processLine(deno: string, { plugin, folder, entry, grants = {}, memory = 512 }: ProcessOptions): Line {
  const readable = [folder, fileURLToPath(contract), ...grants.read ?? []];
  const args = [
    "run",
    ...["--quiet", "--no-config", "--no-lock", "--no-prompt", "--no-remote", "--no-npm", "--node-modules-dir=none"],
    `--import-map=${importMap}`,
    `--v8-flags=--max-old-space-size=${memory}`,
    `--allow-read=${readable.map(comma).join()}`,
    ...(grants.net?.length ? [`--allow-net=${grants.net.map(comma).join()}`] : ["--deny-net"]),
    ...["--deny-env", "--deny-run", "--deny-write", "--deny-ffi", "--deny-sys", "--deny-import"],
    guest,
    pathToFileURL(join(folder, entry)).href,
  ];
  // RLIMIT_DATA counts memory that may be written to, buffers and workers included, and not what V8 merely sets aside. Deno has
  // half a GiB of it before any code runs, and stacks for each core. RLIMIT_CPU ends what goes on though its host was killed.
  const most = 768 + 16 * availableParallelism() + 2 * memory;
  const [command, given] = process.platform === "linux" && existsSync("/bin/sh")
    ? ["/bin/sh", ["-c", 'ulimit -t 3600; ulimit -d "$0"; exec "$@"', String(most * 1024), deno, ...args]] as const
    : [deno, args] as const;
  const child = spawn(command, given, { cwd: folder, env: environment(), stdio: ["pipe", "pipe", "pipe"] });
  living.add(child);

  const { stdin, stdout, stderr } = child,
    unframe = unframer(FRAME),
    end = Promise.withResolvers<HyalineError | string>();
  let printed = 0, tail = "";
  const cut = (): void => void child.kill("SIGKILL");
  const refuse = (error: HyalineError): void => {
    end.resolve(error);
    cut();
  };
  const line: Line = {
    send: (frame) => void stdin.write(frame),
    onframe: () => {},
    ended: end.promise,
    cut,
  };
  stdin.on("error", () => {}); // a process that is gone tells so by its end
  stdout.on("data", (piece: Uint8Array) => {
    try {
      for (const frame of unframe(piece)) line.onframe(frame);
    } catch (error) {
      refuse(error as HyalineError);
    }
  });
  stderr.on("data", (piece: Uint8Array) => {
    printed += piece.length;
    tail = (tail + new TextDecoder().decode(piece)).slice(-4000);
    if (printed > PRINTED) refuse(pluginLimit(plugin, "output", `${PRINTED} bytes of messages`));
  });
  child.on("error", (error) => end.resolve(error.message));
  child.on("close", (code, signal) => {
    living.delete(child);
    end.resolve(
      /out of memory|heap limit|allocation failed/i.test(tail)
        ? pluginLimit(plugin, "memory", `${memory} MiB`)
        : `${signal ? `signal ${signal}` : `exit code ${code}`}${lastLine(tail)}`,
    );
  });
  return line;
}

/**
 * Where sandboxes keep compiled modules. Deno would keep a plugin's `localStorage` and `caches` there too: a file in the place of that
 * folder keeps plugins from leaving anything on the disk.
 */
function denoFolder(): string {
  const folder = join(defaultCache(), ".sandbox");
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, "location_data"))) writeFileSync(join(folder, "location_data"), "");
  return folder;
}

/** Nothing of the host's; the plugin may not even read this. */
const environment = (): Record<string, string> => ({
  DENO_DIR: denoFolder(),
  DENO_NO_PACKAGE_JSON: "1",
  DENO_NO_UPDATE_CHECK: "1",
  NO_COLOR: "1",
  ...(process.env.SystemRoot ? { SystemRoot: process.env.SystemRoot } : {}), // Windows starts nothing without it
});

/** A comma in a path is doubled in Deno's lists. */
const comma = (path: string): string => path.replaceAll(",", ",,");
const lastLine = (text: string): string => {
  const line = text.trim().split("\n").find((one) => /error/i.test(one)) ?? text.trim().split("\n").at(-1) ?? "";
  return line ? `, "${line.trim()}"` : "";
};
