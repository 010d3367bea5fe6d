/**
 * What a person sees before a stranger's code is installed, and their answer.
 *
 * @module
 */
import type { Composite, Manifest } from "@hyaline/core";
import { consentNeeded } from "../failures.ts";
import type { Io } from "../io.ts";

export interface Shown {
  readonly manifest: Manifest;
  readonly composites: readonly Composite[];
  readonly source: string;
  readonly resolved?: string | undefined;
  /** Bytes by path, or hashes by path. */
  readonly files: ReadonlyMap<string, Uint8Array> | Readonly<Record<string, string>>;
}

/** What a plugin is, gives, sees and may do, line by line. */
export async function contents(
  { manifest, composites, source, resolved, files }: Shown,
  { trust }: { trust: boolean },
): Promise<string[]> {
  const { columns, visible } = await import("@hyaline/core/render"), { findDeno } = await import("@hyaline/core/node");
  const { explainers, permissions: { net = [], read = [] } } = manifest;
  const count = files instanceof Map ? files.size : Object.keys(files).length;
  const sees = [
    ...new Set(explainers.flatMap(({ needs }) => needs.map((need) => typeof need === "string" ? need : words(need)))),
  ];
  const place = explainers.length === 0
    ? "no code"
    : findDeno()
    ? "a sandbox"
    : trust
    ? "this process, with all your rights (no Deno is here)"
    : "nothing: no Deno is here to lock it in, and it is not trusted";
  const rows = [
    [
      "gives",
      [
        ...explainers.map(({ id, title }) => `${id} (${visible(title)})`),
        ...composites.map(({ id }) => `composite ${id}`),
      ].join(", "),
    ],
    ...(sees.length ? [["sees", `your text, ${visible(sees.join(", "))}`]] : []),
    ["network", net.length ? `${visible(net.join(", "))}: your text can leave this machine` : "none"],
    ["files", read.length ? `its own, and ${visible(read.join(", "))}` : "its own"],
    ["runs in", place],
    ["from", visible(source) + (resolved ? ` (${visible(resolved)})` : "")],
    ["holds", `${count} file${count === 1 ? "" : "s"}`],
  ];
  return [
    `${manifest.id} ${manifest.version}, ${visible(manifest.license)}: ${visible(manifest.title)}`,
    ...columns(rows),
  ];
}

/** A need in a few words: `gradients of embeddings`, `predict: $budget`. */
const words = (need: Exclude<Manifest["explainers"][number]["needs"][number], string>): string => {
  const [[kind, value]] = Object.entries(need) as [[string, unknown]];
  return kind === "predict"
    ? `the model's answers to changed texts (at most ${String(value).replace("$", "option ")})`
    : `${kind} (${value})`;
};

/** Whether the person agrees. @throws CONSENT_NEEDED where nobody can be asked */
export async function agreed(yes: boolean, io: Io): Promise<boolean> {
  if (yes) return true;
  if (!io.ask) throw consentNeeded();
  return /^(y|yes|j|ja|是|好)$/i.test((await io.ask("Install it? [y/N] ")).trim());
}
