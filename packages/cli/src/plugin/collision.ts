/**
 * Whether a plugin gets along with all that is there.
 *
 * @module
 */
import type { Composite, InstalledPlugin, Manifest } from "@hyaline/core";

type Known = Pick<InstalledPlugin, "manifest"> & { readonly composites: readonly Composite[] };

/**
 * Puts it beside the built-in and the installed ones, as a run would.
 *
 * @param from the installed plugin it takes the place of; its own id by default
 * @throws PLUGIN_COLLISION, PLUGIN_API
 */
export async function collisionFree(
  plugin: Known,
  others: readonly Known[],
  from: string = plugin.manifest.id,
): Promise<void> {
  const [{ Registry }, { builtInPlugins }] = await Promise.all([
    import("@hyaline/core"),
    import("@hyaline/explainers"),
  ]);
  const still = (
    { manifest, composites }: { manifest: Manifest; composites: readonly Composite[] },
  ): InstalledPlugin => ({
    manifest,
    composites,
    run: () => Promise.reject(new Error("not run here")),
  });
  new Registry([
    ...builtInPlugins(),
    ...others.filter(({ manifest }) => manifest.id !== from).map(still),
    still(plugin),
  ]);
}
