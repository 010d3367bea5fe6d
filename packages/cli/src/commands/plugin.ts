/**
 * `hyaline plugin`: explainers and composites of other people.
 *
 * @module
 */
import { Command } from "commander";
import { agreed, contents } from "../plugin/consent.ts";
import { collisionFree } from "../plugin/collision.ts";
import { writeTemplate } from "../plugin/template.ts";
import { exit } from "../failures.ts";
import type { Session } from "../session.ts";
import { homeFolder, setting } from "../settings.ts";

const examples = `
Examples:
  $ hyaline plugin new gradient-length
  $ hyaline plugin test gradient-length
  $ hyaline plugin add ./gradient-length-0.1.0.tgz
  $ hyaline explain "I love programming" --method gradient-length
  $ hyaline plugin remove gradient-length

A plugin's code runs locked in: no network, no environment, no files but its own. docs/plugins.md tells how to write one.
HYALINE_HOME moves the folder that plugins and settings are kept in.`;

interface AddFlags {
  readonly yes?: boolean;
  readonly trust?: boolean;
}

/** The store is loaded when a command needs it, so that help costs nothing. */
async function storeOf({ io }: Session) {
  const { PluginStore } = await import("@hyaline/core/node");
  return new PluginStore(homeFolder(io.env));
}

export function pluginCommand(session: Session): Command {
  const group = new Command("plugin")
    .summary("explainers of other people")
    .description("Adds, tests and removes plugins: explainers and composites that do not come with Hyaline.")
    .addHelpText("after", examples);
  for (
    const make of [
      newCommand,
      testCommand,
      addCommand,
      listCommand,
      infoCommand,
      verifyCommand,
      updateCommand,
      removeCommand,
    ]
  ) {
    group.addCommand(make(session));
  }
  return group;
}

const newCommand = ({ io }: Session): Command =>
  new Command("new")
    .description("Writes a plugin of four files that works but for one line, which its test asks for.")
    .argument("<name>", "lower-case words with - between; also the folder's name")
    .action(async (name: string) => {
      const paths = await writeTemplate(name);
      io.stdout.write(`${paths.join("\n")}\n\nNext: hyaline plugin test ${name}\n`);
    });

const testCommand = (session: Session): Command =>
  new Command("test")
    .description("Puts a plugin to the test, locked in: its own cases, then what every explainer must do. Prints TAP.")
    .argument("<folder>", "the plugin's folder, or anything that add takes")
    .addOption(setting("-m, --model <name>", "the model to explain", "sentiment-en"))
    .action(async (source: string, flags: { model: string }) => {
      const { testPlugin } = await import("../plugin/test.ts");
      session.exitCode = await testPlugin(source, flags, session) ? exit.ok : exit.failure;
    });

const addCommand = (session: Session): Command =>
  new Command("add")
    .description("Installs a plugin, once you have seen what it asks for. Nothing of it is run.")
    .argument("<source>", "a folder, a .tgz, a git repository (git+https://…, ./x.git) or an npm package")
    .option("-y, --yes", "do not ask")
    .option("--trust", "where there is no Deno to lock it in: run it with all your rights")
    .action(async (source: string, flags: AddFlags) => {
      const { candidate } = await import("@hyaline/core/node");
      await install(await candidate(source), { ...flags, trust: flags.trust ?? false }, session);
    });

const updateCommand = (session: Session): Command =>
  new Command("update")
    .description("Fetches plugins again from where they came from, and installs what is new.")
    .argument("[id...]", "which; all of them by default")
    .option("-y, --yes", "do not ask")
    .action(async (ids: string[], flags: AddFlags) => {
      const store = await storeOf(session), all = await store.entries();
      const { candidate, hashesOf } = await import("@hyaline/core/node");
      for (const id of ids.length ? ids : all.map(({ manifest }) => manifest.id)) {
        const entry = await store.entry(id), found = await candidate(entry.source);
        const same = JSON.stringify(hashesOf(found.files)) === JSON.stringify(entry.files) &&
          !(await store.verify(id)).length;
        if (same) session.io.stdout.write(`${id} ${entry.manifest.version} is what ${entry.source} has\n`);
        else await install(found, { ...flags, trust: entry.trust, from: id }, session);
      }
    });

/** Checks, shows, asks, installs. */
async function install(
  found: Awaited<ReturnType<typeof import("@hyaline/core/node").candidate>>,
  { yes = false, trust, from }: { yes?: boolean; trust: boolean; from?: string },
  session: Session,
): Promise<void> {
  const store = await storeOf(session), { io } = session, { id, version } = found.manifest;
  const fits = (others: Parameters<typeof collisionFree>[1]): Promise<void> => collisionFree(found, others, from);
  await fits(await store.entries()); // and again when it is installed: meanwhile another may have been
  io.stdout.write((await contents(found, { trust })).join("\n") + "\n");
  if (!await agreed(yes, io)) return void (session.exitCode = exit.failure);
  await store.install(found, { trust, fits });
  io.stdout.write(`Installed ${id} ${version}\n`);
}

const listCommand = (session: Session): Command =>
  new Command("list")
    .description("Lists the plugins that were added.")
    .addOption(setting("--format <name>", "how to write it", "text").choices(["text", "json"]))
    .action(async ({ format }: { format: string }) => {
      const entries = await (await storeOf(session)).entries(), { stdout } = session.io;
      if (format === "json") {
        const rows = entries.map(({ manifest, source, resolved, trust }) => ({
          id: manifest.id,
          version: manifest.version,
          explainers: manifest.explainers.map(({ id }) => id),
          source,
          ...(resolved ? { resolved } : {}),
          trust,
        }));
        return stdout.write(JSON.stringify(rows, null, 1) + "\n");
      }
      if (!entries.length) return stdout.write("No plugins were added: hyaline plugin add\n");
      const { columns, visible } = await import("@hyaline/core/render");
      const rows = entries.map(({ manifest, composites, source }) => [
        manifest.id,
        manifest.version,
        [...manifest.explainers, ...composites].map(({ id }) => id).join(", "),
        visible(source),
      ]);
      stdout.write(columns(rows).join("\n") + "\n");
    });

const infoCommand = (session: Session): Command =>
  new Command("info")
    .description("What a plugin gives, what it sees, and what it may do.")
    .argument("<id>", "an installed plugin")
    .action(async (id: string) => {
      const entry = await (await storeOf(session)).entry(id);
      session.io.stdout.write((await contents(entry, entry)).join("\n") + "\n");
    });

const verifyCommand = (session: Session): Command =>
  new Command("verify")
    .description("Compares the files of plugins with those that were installed.")
    .argument("[id...]", "which; all of them by default")
    .action(async (ids: string[]) => {
      const store = await storeOf(session), { stdout } = session.io, { visible } = await import("@hyaline/core/render");
      for (const id of ids.length ? ids : (await store.entries()).map(({ manifest }) => manifest.id)) {
        const wrong = await store.verify(id);
        stdout.write(
          wrong.length
            ? wrong.map(({ file, how }) => `${id}: ${visible(file)} is ${how}\n`).join("")
            : `${id}: as installed\n`,
        );
        if (wrong.length) session.exitCode = exit.failure;
      }
    });

const removeCommand = (session: Session): Command =>
  new Command("remove")
    .description("Takes a plugin away.")
    .argument("<id>", "an installed plugin")
    .action(async (id: string) => {
      await (await storeOf(session)).remove(id);
      session.io.stdout.write(`Removed ${id}\n`);
    });
