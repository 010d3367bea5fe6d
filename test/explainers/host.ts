/**
 * The built-in explainers behind the real host, on a checkpoint folder of the repository.
 *
 * @module
 */
import { readFile } from "node:fs/promises";
import { builtInPlugins } from "../../packages/explainers/mod.ts";
import { Hyaline } from "../../packages/core/src/host/hyaline.ts";
import { Model } from "../../packages/core/src/host/model.ts";
import type { InstalledPlugin } from "../../packages/core/src/host/registry.ts";
import type { Subject } from "../../packages/core/src/host/subject.ts";
import type { Token } from "../../packages/core/src/result/mod.ts";
import { ortExecutor } from "../../packages/core/src/runtime/ort/executor.ts";

const session = { backend: "wasm", threads: 1 } as const;

/** Every built-in plugin. */
export const plugins: readonly InstalledPlugin[] = builtInPlugins();

/** A host with one model, from a folder in Hugging Face layout. */
export const hostOn = async (folder: URL): Promise<Hyaline> => hostOf(await subjectIn(folder));

/** A host of a model that is open, and plugins beside the built-in ones. */
export const hostOf = (
  subject: Subject,
  strangers: readonly InstalledPlugin[] = [],
  builtIn: readonly InstalledPlugin[] = plugins,
): Hyaline =>
  new Hyaline({
    plugins: [...builtIn, ...strangers],
    open: () => Promise.resolve(subject),
  });

/** A model from a folder in Hugging Face layout. */
export async function subjectIn(folder: URL): Promise<Subject> {
  const { model: { vocab } } = JSON.parse(await readFile(new URL("tokenizer.json", folder), "utf8")) as {
    model: { vocab: Record<string, number> };
  };
  const model = new Model({ model: new Uint8Array(await readFile(new URL("onnx/model.onnx", folder))) }, {
    session,
    executor: ortExecutor(session),
  });
  const pieces = new Map(Object.entries(vocab).map(([piece, id]) => [id, piece]));
  /** One token a word or mark, `<s>` before the text. */
  const encode = (text: string): Token[] => [
    { text: "<s>", id: vocab["<s>"]!, start: 0, end: 0, special: true },
    ...[...text.matchAll(/\w+|[^\w\s]/g)].map(([piece], i, all) => ({
      text: piece,
      id: vocab[piece] ?? vocab["<unk>"]!,
      start: all[i]!.index,
      end: all[i]!.index + piece.length,
      special: false,
    })),
  ];
  return {
    id: "ioi-lm",
    sha256: "0".repeat(64),
    dtype: "fp32",
    model,
    words: {
      encode: (text) => ({ tokens: encode(text) }),
      plain: (text) => encode(text).filter(({ special }) => !special).map(({ id }) => id),
      text: (id) => pieces.get(id) ?? "",
      isSpecial: (id) => /^<.*>$/.test(pieces.get(id) ?? ""),
      stand: { pad: vocab["<pad>"]!, unknown: vocab["<unk>"]! },
    },
  };
}
