/**
 * Packs what `hyaline` needs to run into one archive: Deno itself, the sources, the kernel, the embedded models, the page where it was
 * built, and the packages they import, without those that only build and test. It runs where there is no network and no Node.
 *
 * Usage: deno task pack [file.tar.gz]
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { arch, platform, tmpdir } from "node:os";
import { join, relative, resolve, sep } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = realpathSync(fileURLToPath(new URL("../", import.meta.url)));
const members = ["packages/cli", "packages/core", "packages/explainers", "packages/server", "assembly"];

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Folders below node_modules/.deno that the members reach through `dependencies`. */
function reached(): string[] {
  const store = join(root, "node_modules", ".deno") + sep, found = new Set<string>();
  const follow = (folder: string, modules: readonly string[]): void => {
    const { dependencies, optionalDependencies }: Manifest = JSON.parse(
      readFileSync(join(folder, "package.json"), "utf8"),
    );
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const place = modules.map((at) => join(at, name)).find(existsSync);
      if (!place) continue; // for another platform
      const target = realpathSync(place), [entry] = relative(store, target).split(sep);
      if (!target.startsWith(store) || found.has(entry!)) continue; // a member of the workspace, or known
      found.add(entry!);
      follow(target, [join(store, entry!, "node_modules")]);
    }
  };
  for (const member of members) {
    follow(join(root, member), [join(root, member, "node_modules"), join(root, "node_modules")]);
  }
  return [...found].map((entry) => join("node_modules", ".deno", entry)).sort();
}

const launcher = `#!/bin/sh
# Runs hyaline with the Deno that lies beside it, from anywhere, without the network.
here="$(cd "$(dirname "$(readlink -f "$0")")" && pwd)"
exec "$here/deno" run -A --no-remote "$here/packages/cli/src/main.ts" "$@"
`;

/** Links of node_modules, which cost nothing; those into packages left out lead nowhere. */
const links = (folder: string): string[] =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) =>
      entry.isSymbolicLink()
        ? [join(folder, entry.name)]
        : entry.isDirectory() && entry.name.startsWith("@")
        ? links(join(folder, entry.name))
        : []
    )
    : [];

const file = resolve(process.argv[2] ?? `hyaline-${platform()}-${arch()}.tar.gz`);
const beside = mkdtempSync(join(tmpdir(), "hyaline-pack-"));
try {
  writeFileSync(join(beside, "hyaline"), launcher);
  chmodSync(join(beside, "hyaline"), 0o755);
  copyFileSync(process.execPath, join(beside, "deno"));
  const parts = [
    "deno.json",
    "package.json",
    "deno.lock",
    "LICENSE",
    "NOTICE",
    "models",
    "schemas",
    ...["packages/cli", "packages/core", "packages/explainers", "packages/server"],
    ...["packages/ui/deno.json", "packages/ui/package.json", "packages/ui/dist"],
    ...["assembly/deno.json", "assembly/package.json", "assembly/version.json", "assembly/pkg"],
    ...links("node_modules"),
    ...reached(),
  ].filter((part) => existsSync(join(root, part)));
  const list = join(beside, "list");
  writeFileSync(list, parts.join("\n"));
  const args = [
    "-czf",
    file,
    "--transform",
    "s,^,hyaline/,S",
    "--exclude=*.map",
    "--exclude=*.test.ts",
    "-C",
    root,
    "-T",
    list,
  ];
  const { status } = spawnSync("tar", [...args, "-C", beside, "hyaline", "deno"], { stdio: "inherit" });
  process.exitCode = status ?? 1;
  if (status === 0) console.log(file);
} finally {
  rmSync(beside, { recursive: true });
}
