/**
 * `hyaline serve`: the API, and the page where it was built.
 *
 * @module
 */
import { Command } from "commander";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { localModels } from "../models.ts";
import { wholeNumber } from "../request.ts";
import type { Session } from "../session.ts";
import { setting } from "../settings.ts";

interface ServeFlags {
  readonly port: number;
  readonly host: string;
  readonly hostName?: readonly string[];
  readonly origin?: readonly string[];
  readonly data?: string;
}

const examples = `
Examples:
  $ hyaline serve
  $ PORT=8081 hyaline serve
  $ hyaline serve --data /var/lib/hyaline
  $ hyaline serve --host 0.0.0.0 --host-name explain.example.org
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
    .option("--host-name <name...>", "further host names to answer to")
    .option("--origin <origin...>", "pages of other origins that may use the API")
    .addHelpText("after", examples)
    .action(async (flags: ServeFlags) => {
      const [{ createApp, folder, listen, openArchive, RemoteEngine, startProcess }, { defaultCache }] = await Promise
        .all([import("@hyaline/server"), import("@hyaline/core/node")]);
      const log = (entry: object): void =>
        io.stderr.write(JSON.stringify({ time: new Date().toISOString(), ...entry }) + "\n");
      const engine = await RemoteEngine.open({
        start: () => startProcess(new URL("../worker.ts", import.meta.url)),
        lost: (why) => log({ event: "worker lost", why }),
      });
      const models = (await localModels(defaultCache(io.env))).filter(({ kind }) => kind === "embedded");
      const archive = flags.data
        ? await openArchive(join(flags.data, "archive.sqlite"))
        : await openArchive(":memory:", { bytes: 256 * 1024 ** 2 });
      const stop = AbortSignal.any([io.signal, terminated()]);
      const app = createApp({
        stopping: stop,
        engine,
        archive,
        models: models.map(({ name, bytes }) => ({ name, bytes })),
        version: "0.1.0",
        page: folder(pageFolder),
        log,
        ...(flags.hostName ? { hosts: flags.hostName } : {}),
        ...(flags.origin ? { origins: flags.origin } : {}),
      });
      const server = await listen((request) => app.fetch(request), flags);
      io.stdout.write(
        `Hyaline answers at http://${flags.host.includes(":") ? `[${flags.host}]` : flags.host}:${server.port}\n`,
      );
      await new Promise<void>((resolve) =>
        stop.aborted ? resolve() : stop.addEventListener("abort", () => resolve(), { once: true })
      );
      await server.close();
      archive.close();
      await engine.close();
    });
}

/** Aborted by SIGTERM, the polite end a service manager sends. */
function terminated(): AbortSignal {
  const end = new AbortController();
  process.once("SIGTERM", () => end.abort());
  return end.signal;
}
