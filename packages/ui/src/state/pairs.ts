/**
 * Scores between tokens, asked for when a person wants to see what a word was paired with.
 *
 * @module
 */
import type { MethodInfo } from "../engine/engine.ts";
import { change, question } from "./asking.ts";
import { methods } from "./engines.ts";
import type { Asked } from "./question.ts";

/** The first method whose manifest offers a matrix of tokens, with the option that asks for it where it has one. */
function pairing(list: readonly MethodInfo[]): Asked | undefined {
  const method = list.find(({ output }) => output.includes("token-matrix"));
  if (!method) return undefined;
  const properties = Object.entries((method.options["properties"] ?? {}) as Record<string, { enum?: unknown[] }>);
  const views = properties.filter(([, { enum: choices }]) => choices?.includes("matrix"));
  return { id: method.id, options: Object.fromEntries(views.map(([name]) => [name, "matrix"])) };
}

/** Adds that method to the question; absent where no method scores pairs. */
export function askPairs(): (() => void) | undefined {
  const asked = pairing(methods.value);
  return asked &&
    (() => change({ methods: [...question.value.methods.filter(({ id }) => id !== asked.id), asked] }));
}
