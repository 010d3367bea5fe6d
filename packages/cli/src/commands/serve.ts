/**
 * `hyaline serve`: the API, and the page where it was built.
 *
 * @module
 */
import { Command } from "commander";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { KeyRecord } from "@hyaline/server";
import { unknownModel, unreadableFile } from "../failures.ts";
import { servedModels } from "../models.ts";
import { wholeNumber } from "../request.ts";
import type { Session } from "../session.ts";
import type { Given } from "../worker.ts";
import { setting } from "../settings.ts";
import { backendOption } from "./explain.ts";

interface ServeFlags {
  readonly port: number;
  readonly host: string;
  readonly hostName?: readonly string[];
  readonly origin?: readonly string[];
  readonly data?: string;
  readonly models?: string;
  readonly memory: number;
  readonly pin?: readonly string[];
  readonly keys?: string;
  readonly perMinute?: number;
  readonly proxied?: boolean;
  readonly drain: number;
  readonly threads?: number;
  readonly backend?: Given["backend"];
  readonly queue: number;
  readonly deadline: number;
}

const examples = `
Examples:
  $ hyaline serve
  $ PORT=8081 hyaline serve
  $ hyaline serve --data /var/lib/hyaline
  $ hyaline serve --models /srv/models --memory 4096 --pin my-model
  $ hyaline serve --host 0.0.0.0 --host-name explain.example.org --keys keys.json
  $ curl -s localhost:8080/api/v1/explain -H 'content-type: application/json' -d '{"input": {"text": "I love programming"}}'`;

/** Where the page lies once it is built. */
const pageFolder = fileURLToPath(new URL("../../../ui/dist/", import.meta.url));

export function serveCommand(session: Session): Command {
  const { io } = session;
  return new Command("serve")
    .summary("the API and the page")
    .description(
      "Serves the API on this machine, and the page where it was built. Texts are not logged. Ctrl-C lets requests under way end first.",
    )
    .addOption(
      setting("--port <n>", "where to listen; 0 takes a free port").default(
        Number(io.env["PORT"] ?? 8080),
        "PORT, else 8080",
      ).argParser(wholeNumber("--port", 0)),
    )
    .addOption(setting("--host <address>", "which address to listen on", "127.0.0.1"))
    .addOption(
      setting("--data <folder>", "where stored results and jobs are kept (default: in memory, until the server ends)"),
    )
    .addOption(setting("--models <folder>", "serve the checkpoints in it, too, as name or owner/name"))
    .addOption(
      setting("--memory <MB>", "models' files that may be open at once; the one used longest ago gives way", 2048)
        .argParser(wholeNumber("--memory", 1)),
    )
    .option("--pin <name...>", "models to open at the start and to keep open")
    .addOption(
      setting("--threads <n>", "threads of one run (default: the processors, up to four)").argParser(
        wholeNumber("--threads", 1),
      ),
    )
    .addOption(backendOption())
    .addOption(
      setting("--queue <n>", "requests that may wait; further ones are told to come again", 64)
        .argParser(wholeNumber("--queue", 1)),
    )
    .addOption(
      setting("--deadline <seconds>", "how long a request may take, waiting included", 120)
        .argParser(wholeNumber("--deadline", 1)),
    )
    .addOption(setting("--keys <file>", "ask for keys: those in this file, see hyaline keys"))
    .addOption(
      setting("--per-minute <n>", "requests a minute for each key, or address without one")
        .argParser(wholeNumber("--per-minute", 1)),
    )
    .addOption(setting("--proxied", "a proxy stands in front: addresses are the last of X-Forwarded-For"))
    .addOption(
      setting("--drain <seconds>", "how long requests under way may take when the server is told to stop", 30)
        .argParser(wholeNumber("--drain", 0)),
    )
    .option("--host-name <name...>", "further host names to answer to")
    .option("--origin <origin...>", "pages of other origins that may use the API")
    .addHelpText("after", examples)
    .action(async (flags: ServeFlags) => {
      const { createApp, folder, listen, openArchive, parseKeys, RemoteEngine, startProcess } = await import(
        "@hyaline/server"
      );
      const models = await servedModels(flags.models), keys = await keysOf(flags.keys, parseKeys);
      for (const model of flags.pin ?? []) {
        if (!models.some(({ name }) => name === model)) throw unknownModel(model);
      }
      const given: Given = {
        places: Object.fromEntries(models.map(({ name, path }) => [name, path])),
        memory: flags.memory * 1024 ** 2,
        threads: flags.threads,
        ...(flags.backend ? { backend: flags.backend } : {}),
      };
      const log = (entry: object): void =>
        io.stderr.write(JSON.stringify({ time: new Date().toISOString(), ...entry }) + "\n");
      const engine = await RemoteEngine.open({
        start: () => startProcess(new URL("../worker.ts", import.meta.url), [JSON.stringify(given)]),
        lost: (why) => log({ event: "worker lost", why }),
      });
      const archive = flags.data
        ? await openArchive(join(flags.data, "archive.sqlite"))
        : await openArchive(":memory:", { bytes: 256 * 1024 ** 2 });
      try {
        for (const model of flags.pin ?? []) await engine.load({ model, pinned: true }, { signal: io.signal });
        const stop = AbortSignal.any([io.signal, terminated()]);
        const app = createApp({
          stopping: stop,
          engine,
          archive,
          models: models.map(({ name, bytes }) => ({ name, bytes })),
          version: "0.1.0",
          page: folder(pageFolder),
          limits: { queue: flags.queue, deadline: flags.deadline * 1000 },
          log,
          keys,
          anonymous: flags.keys
            ? []
            : LOOPBACK.has(flags.host) && !flags.proxied
            ? ["read", "explain", "admin"]
            : ["read", "explain"],
          perMinute: flags.perMinute,
          proxied: flags.proxied ?? false,
          ...(flags.hostName ? { hosts: flags.hostName } : {}),
          ...(flags.origin ? { origins: flags.origin } : {}),
        });
        const server = await listen(app.fetch, flags);
        io.stdout.write(
          `Hyaline answers at http://${flags.host.includes(":") ? `[${flags.host}]` : flags.host}:${server.port}\n`,
        );
        await new Promise<void>((resolve) =>
          stop.aborted ? resolve() : stop.addEventListener("abort", () => resolve(), { once: true })
        );
        const drained = server.close(), late = setTimeout(() => void engine.close(), flags.drain * 1000); // which fails them
        await drained;
        clearTimeout(late);
      } finally {
        archive.close();
        await engine.close();
      }
    });
}

/** Where only this machine can ask, it may also load and unload models without a key. */
const LOOPBACK = new Set(["localhost", "127.0.0.1", "::1"]);

async function keysOf(
  path: string | undefined,
  parse: (text: string, where: string) => KeyRecord[],
): Promise<KeyRecord[]> {
  if (path === undefined) return [];
  const text = await readFile(path, "utf8").catch((cause) => {
    throw unreadableFile(path, cause);
  });
  return parse(text, path);
}

/** Aborted by SIGTERM, the polite end a service manager sends. */
function terminated(): AbortSignal {
  const end = new AbortController();
  process.once("SIGTERM", () => end.abort());
  return end.signal;
}
