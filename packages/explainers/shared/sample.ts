/**
 * Small evidence for tests: tokens, a target and a context as a host would give them, and the numbers of a golden file.
 *
 * @module
 */
import type { Context, Evidence, NumberArray } from "@hyaline/core/plugin";

/** `"[CLS] I love [SEP]"` as tokens; what stands in brackets is special. */
export function tokensOf(line: string): Evidence["tokens"] {
  let at = 0;
  return line.split(" ").map((text, i) => {
    const special = /^\[.*\]$/.test(text), start = at;
    if (!special) at += text.length + 1;
    return { text, id: i + 100, start, end: special ? start : start + text.length, special };
  });
}

/** Evidence of a classifier that reads its first token. */
export const evidenceOf = (line: string, rest: Partial<Evidence> = {}): Evidence => ({
  tokens: tokensOf(line),
  target: { kind: "class", index: 1, label: "positive", value: 2 },
  readingPosition: 0,
  ...rest,
});

/** A context without `predict`, never aborted. */
export const context = (rest: Partial<Context> = {}): Context => ({
  signal: new AbortController().signal,
  seed: 1,
  progress: () => {},
  log: () => {},
  ...rest,
});

/** Nested numbers, as Python writes them, as a flat array with its shape. */
export function arrayOf(nested: unknown): NumberArray {
  const shape: number[] = [];
  for (let level = nested; Array.isArray(level); level = level[0]) shape.push(level.length);
  return { shape, data: Float32Array.from((nested as number[]).flat(Infinity as 1) as number[]) };
}

/** An explainer's options as the host hands them over: the manifest's defaults, and what was chosen. */
export function optionsOf(
  manifest: { readonly explainers: readonly { readonly id: string; readonly options?: unknown }[] },
  id: string,
  chosen: Readonly<Record<string, unknown>> = {},
): never {
  const { properties = {} } = (manifest.explainers.find((one) => one.id === id)!.options ?? {}) as {
    properties?: Record<string, { default?: unknown }>;
  };
  return {
    ...Object.fromEntries(Object.entries(properties).map(([name, { default: value }]) => [name, value])),
    ...chosen,
  } as never;
}
