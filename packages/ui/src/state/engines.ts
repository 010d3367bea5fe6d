/**
 * The engine that answers now, and what it offers.
 *
 * @module
 */
import { computed, effect, signal } from "@preact/signals";
import type { ChosenFile, Engine, MethodInfo, OfferedModel, PluginInfo } from "../engine/engine.ts";
import { serverEngine } from "../engine/server.ts";
import { tabEngine } from "../engine/tab.ts";
import { type Place, place } from "./settings.ts";

const made = new Map<Place, Engine>();

/** Engines are made when first used: the tab's starts no worker before it is asked. */
export const engine = computed<Engine>(() => {
  const found = made.get(place.value) ??
    (place.value === "server"
      ? serverEngine(".")
      : tabEngine({ backend: place.value === "graphics" ? "webgpu" : "wasm" }));
  made.set(place.value, found);
  return found;
});

export const models = signal<readonly OfferedModel[]>([]);
export const methods = signal<readonly MethodInfo[]>([]);
export const methodsById = computed(() => new Map(methods.value.map((method) => [method.id, method])));
/** Plugins that a person added, on this visit or an earlier one. */
export const plugins = signal<readonly PluginInfo[]>([]);
/** Folders a person chose and hub ids asked for, beside what the engine lists. */
export const added = signal<readonly OfferedModel[]>([]);
/** All of them; a folder takes the place of a model of its name. */
export const offered = computed(() => [
  ...models.value.filter(({ name }) => !added.value.some((one) => one.name === name)),
  ...added.value,
]);
/** Why the engine cannot be used at all. */
export const broken = signal<unknown>(undefined);

effect(() => {
  const asked = engine.value;
  const told = <T>(into: { value: T }, value: T): void => {
    if (asked === engine.peek()) into.value = value;
  };
  asked.models().then((list) => told(models, list), (error) => told(broken, error));
  asked.methods().then((list) => told(methods, list), (error) => told(broken, error));
  Promise.resolve(asked.plugins?.() ?? []).then((list) => told(plugins, list), () => {}); // what is wrong is told above
});

/** Brings lists up to date after plugins changed. Other engines of this tab begin anew: they find what is kept. */
export async function pluginsChanged(): Promise<void> {
  const now = engine.value;
  for (const other of made.values()) if (other !== now) other.cancel();
  [methods.value, plugins.value] = await Promise.all([now.methods(), now.plugins!()]);
}

export function offer(model: OfferedModel): void {
  added.value = [...added.value.filter(({ name }) => name !== model.name), model];
}

/** Makes a folder a model of the tab's engine. @returns its name */
export async function keep(folder: string, files: readonly ChosenFile[]): Promise<string> {
  if (!engine.value.keep) place.value = "processor";
  const name = await engine.value.keep!(folder, files);
  offer({ name, bytes: files.reduce((sum, { file }) => sum + file.size, 0) });
  return name;
}
