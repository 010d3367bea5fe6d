/**
 * A hub's checkpoint as files: from the store where they are kept already, else from the hub.
 *
 * @module
 */
import { checkpointUnknown, offlineMiss } from "../errors.ts";
import { containedPath } from "../onnx/external.ts";
import type { Files } from "./files.ts";
import type { Hub, HubFile, HubPlace } from "./hub.ts";
import type { Store } from "./store.ts";

/** Kept beside the files: what the hub listed. */
const listing = ".listing.json";
const segment = /^[A-Za-z0-9][A-Za-z0-9._-]{0,95}$/;

/**
 * Reads `name`, `org/name` or `org/name@revision`.
 *
 * @throws CHECKPOINT_UNKNOWN for anything else: ids become paths and addresses
 */
export function parseHubId(id: string): HubPlace {
  const [model = "", revision = "main", ...rest] = id.split("@"), names = model.split("/");
  const plain = (name: string) => segment.test(name) && !name.includes("..");
  if (rest.length || names.length > 2 || !names.every(plain) || !revision.split("/").every(plain)) {
    throw checkpointUnknown(id);
  }
  return { model, revision };
}

/**
 * Files of a hub's checkpoint.
 *
 * @param options.offline never use the network
 * @throws CHECKPOINT_UNKNOWN; while reading OFFLINE_MISS and what {@link Hub} throws
 */
export function filesFromHub(
  id: string,
  { hub, store, offline = false }: { hub: Hub; store: Store; offline?: boolean },
): Files {
  const place = parseHubId(id), prefix = `${place.model}/${place.revision.replaceAll("/", "%2F")}/`;
  let listed: Promise<HubFile[] | undefined> | undefined;
  const list = (): Promise<HubFile[] | undefined> => listed ??= listOf();
  const listOf = async (): Promise<HubFile[] | undefined> => {
    const kept = await store.read(prefix + listing);
    const known = kept && listingOf(kept);
    if (known) return known;
    if (offline) {
      const files = (await store.list(prefix)).filter((path) => path !== listing);
      if (files.length === 0) throw offlineMiss(id);
      return files.map((path) => ({ path, size: 0 }));
    }
    const found = await hub.list(place);
    if (found) await store.write(prefix + listing, new TextEncoder().encode(JSON.stringify(found)));
    return found;
  };
  const keyOf = (path: string): string => prefix + containedPath(path);
  return {
    id: place.revision === "main" ? place.model : `${place.model}@${place.revision}`,
    list: async () => (await list())?.map(({ path }) => path),
    backing: async (path) => store.backing?.(keyOf(path)),
    async read(path) {
      const key = keyOf(path), kept = await store.read(key);
      if (kept) return kept;
      const entries = await list(), entry = entries?.find((file) => file.path === path);
      if (entries && !entry) return undefined;
      if (offline) throw offlineMiss(id, path);
      return hub.download(place, path, { store, key, expected: entry?.sha256 });
    },
  };
}

/** A listing that was kept; one that is damaged counts as none. */
function listingOf(bytes: Uint8Array): HubFile[] | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return Array.isArray(value) ? value as HubFile[] : undefined;
  } catch {
    return undefined;
  }
}
