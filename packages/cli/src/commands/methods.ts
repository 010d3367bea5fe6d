/**
 * `hyaline methods`: the ways to explain, from their manifests; no plugin's code runs.
 *
 * @module
 */
import { Command } from "commander";
import { UsageError } from "../failures.ts";
import type { Session } from "../session.ts";
import { setting } from "../settings.ts";
import { lineWidth } from "../terminal.ts";

const examples = `
Examples:
  $ hyaline methods
  $ hyaline methods grad-cam
  $ hyaline methods --format json`;

interface Property {
  readonly type?: string | string[];
  readonly enum?: unknown[];
  readonly default?: unknown;
  readonly description?: string;
}

export function methodsCommand(session: Session): Command {
  return new Command("methods")
    .summary("the ways to explain")
    .description("Lists the methods at hand; with a name, what it shows, what it cannot see, and its options.")
    .argument("[method]", "one of them, in full")
    .addOption(setting("--format <name>", "how to write it", "text").choices(["text", "json"]))
    .addOption(setting("--lang <code>", "language of titles, summaries and limits: en, zh"))
    .addHelpText("after", examples)
    .action(async (name: string | undefined, flags: { format: string; lang?: string }) => {
      const { io } = session, engine = await session.open({ offline: true });
      const methods = engine.methods().filter(({ entry }) => name === undefined || entry.id === name);
      if (!methods.length) {
        const known = engine.methods().map(({ entry }) => entry.id).join(", ");
        throw new UsageError({
          code: "UNKNOWN_METHOD",
          message: `There is no method "${name}"`,
          hint: `There are ${known}`,
        });
      }
      if (flags.format === "json") {
        const entries = methods.map(({ entry, manifest }) => ({
          ...entry,
          plugin: { id: manifest.id, version: manifest.version },
        }));
        return io.stdout.write(JSON.stringify(name === undefined ? entries : entries[0], null, 1) + "\n");
      }
      const { catalogueOf, columns, visible, wrap } = await import("@hyaline/core/render");
      const language = (flags.lang ?? io.env.LC_ALL ?? io.env.LANG ?? "en").slice(0, 2);
      const lines: string[] = [];
      for (const { entry, manifest } of methods) {
        const title = entry.titles[language] ?? entry.title,
          summary = entry.summaries[language] ?? entry.summary,
          limits = entry.limitsIn[language] ?? entry.limits;
        if (name === undefined) {
          lines.push(...columns([[entry.id.padEnd(22), `${visible(title)}: ${visible(summary)}`]]));
          continue;
        }
        const paragraph = (text: string) =>
          wrap(visible(text), Math.min(100, lineWidth(io.stdout, io.env)) - 2).map((line) => `  ${line}`);
        lines.push(`${entry.id}: ${visible(title)}`, "", ...paragraph(summary), "", ...paragraph(limits));
        if (entry.notice) lines.push("", ...paragraph(catalogueOf(language).told(entry.notice)));
        lines.push(
          "",
          ...columns([["cost", visible(entry.cost)], ["gives", entry.output.join(", ")], [
            "plugin",
            `${manifest.id} ${manifest.version}`,
          ]]),
        );
        const properties = Object.entries(
          (entry.options as { properties?: Record<string, Property> }).properties ?? {},
        );
        if (properties.length) {
          lines.push(
            "",
            "Options",
            ...columns(properties.map(([key, of]) => [key, valuesOf(of), visible(of.description ?? "")])),
          );
        }
        if (entry.references.length) {
          lines.push(
            "",
            "References",
            ...entry.references.map((reference) => `  ${visible(reference)}`),
          );
        }
      }
      io.stdout.write(lines.join("\n") + "\n");
    });
}

const valuesOf = (property: Property): string => {
  const values = property.enum ? property.enum.join(" | ") : [property.type ?? "any"].flat().join(" or ");
  return property.default === undefined ? values : `${values} (${JSON.stringify(property.default)})`;
};
