/**
 * Adding a stranger's plugin: chosen, shown, agreed to, kept; and taking it away again.
 *
 * @module
 */
import { signal } from "@preact/signals";
import type { ChosenFile, PluginInfo } from "../engine/engine.ts";
import { change, problem, question } from "./asking.ts";
import { engine, pluginsChanged } from "./engines.ts";
import { first } from "./question.ts";
import { place } from "./settings.ts";

/** A plugin that waits for a person's yes. */
export const offered = signal<
  { readonly from: string; readonly files: readonly ChosenFile[]; readonly info: PluginInfo } | undefined
>(undefined);

/** Shows what a plugin is, and asks. @throws Refused where it is none */
export async function offerPlugin(from: string, files: readonly ChosenFile[]): Promise<void> {
  if (!engine.value.judge) place.value = "processor";
  offered.value = { from, files, info: await engine.value.judge!(from, files) };
}

export const decline = (): void => {
  offered.value = undefined;
};

/** Adds the plugin that waits, as it was shown, and asks its methods along. */
export async function agree(): Promise<void> {
  const { from, files, info: { sha256 } } = offered.value!;
  offered.value = undefined;
  try {
    const { methods } = await engine.value.install!(from, files, sha256);
    await pluginsChanged();
    const others = question.value.methods.filter(({ id }) => !methods.some((method) => method.id === id));
    if (methods.length) change({ methods: [...others, ...methods.map(({ id }) => ({ id, options: {} }))] });
    problem.value = undefined;
  } catch (error) {
    problem.value = error;
  }
}

/** Takes a plugin away, and its methods out of the question. */
export async function remove({ id, methods: own }: PluginInfo): Promise<void> {
  try {
    await engine.value.remove!(id);
    await pluginsChanged();
    const left = question.value.methods.filter((method) => !own.some(({ id }) => id === method.id));
    if (left.length < question.value.methods.length) change({ methods: left.length ? left : first.methods });
  } catch (error) {
    problem.value = error;
  }
}
