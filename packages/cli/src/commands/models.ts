/**
 * `hyaline models`: models that need no download.
 *
 * @module
 */
import { Command } from "commander";
import { localModels } from "../models.ts";
import type { Session } from "../session.ts";
import { setting } from "../settings.ts";

const examples = `
Examples:
  $ hyaline models
  $ hyaline models --format json

Any folder in Hugging Face layout and any hub id (org/name) can be given to --model as well.`;

export function modelsCommand(session: Session): Command {
  return new Command("models")
    .summary("models that need no download")
    .description("Lists the models that come with Hyaline, and those in the cache.")
    .addOption(setting("--format <name>", "how to write it", "text").choices(["text", "json"]))
    .addHelpText("after", examples)
    .action(async (flags: { format: string }) => {
      const { defaultCache } = await import("@hyaline/core/node");
      const models = await localModels(defaultCache(session.io.env));
      if (flags.format === "json") return session.io.stdout.write(JSON.stringify(models, null, 1) + "\n");
      const { bytes, columns, visible } = await import("@hyaline/core/render");
      const rows = models.map(({ name, kind, bytes: size, path }) => [visible(name), kind, bytes(size), visible(path)]);
      session.io.stdout.write(columns(rows, [false, false, true]).join("\n") + "\n");
    });
}
