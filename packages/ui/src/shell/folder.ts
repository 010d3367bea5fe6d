/**
 * A model or a plugin from this machine: chosen in a picker, or dropped on the page. Its files are read, never sent.
 *
 * @module
 */
import type { ChosenFile } from "../engine/engine.ts";
import { change, problem } from "../state/asking.ts";
import { keep } from "../state/engines.ts";
import { offerPlugin } from "../state/plugins.ts";

/** A folder dropped by mistake may hold anything: what lies deeper, and what is more, is not looked at. */
const DEEPEST = 4, MOST = 2000;
/** What plugins come in, as `npm pack` writes it. */
export const ARCHIVE = /\.(tgz|tar|tar\.gz)$/i;

export const fromPicker = (files: Iterable<File>): ChosenFile[] =>
  [...files].slice(0, MOST).map((file) => ({ path: file.webkitRelativePath || file.name, file }));

/** Everything that was dropped. To be called before the event ends: the browser forgets it afterwards. */
export async function fromDrop(items: DataTransferItemList): Promise<ChosenFile[]> {
  const roots = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const found: ChosenFile[] = [];
  async function walk(entry: FileSystemEntry, path: string, depth: number): Promise<void> {
    if (found.length >= MOST) return;
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
      found.push({ path: path + entry.name, file });
    } else if (depth < DEEPEST && !entry.name.startsWith(".")) {
      for (const inside of await entriesOf(entry as FileSystemDirectoryEntry)) {
        await walk(inside, `${path}${entry.name}/`, depth + 1);
      }
    }
  }
  for (const root of roots) await walk(root, "", 0);
  return found;
}

/** Browsers hand out a folder's entries in parts; an empty part is the end. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader(), all: FileSystemEntry[] = [];
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) return all;
    all.push(...part);
  }
}

/** Makes what was chosen the model of the question, or shows the plugin that it is. */
export async function open(files: readonly ChosenFile[]): Promise<void> {
  if (files.length === 0) return;
  const marked = (name: string): string | undefined =>
    files.find(({ path }) => path === name || path.endsWith(`/${name}`))?.path;
  const archive = files.length === 1 && ARCHIVE.test(files[0]!.path) ? files[0]!.path : undefined,
    plugin = archive ?? marked("explainer.json");
  const folder = (plugin ?? marked("config.json") ?? files[0]!.path).split("/").at(-2);
  try {
    if (plugin) await offerPlugin(archive ?? folder ?? "plugin", files);
    else change({ model: await keep(folder ?? "model", files), target: "", foil: "", said: "", changed: undefined });
  } catch (error) {
    problem.value = error;
  }
}
