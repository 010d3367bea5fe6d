/**
 * Makes a fresh clone ready: packages from the lock file, then the WASM kernel. A second call finds the stamp and does nothing.
 *
 * The stamp holds the hashes of what the set-up depends on, so a pull that changes one of them sets up again.
 */
import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";

const root = new URL("../", import.meta.url);
const stamp = new URL("node_modules/.hyaline-setup", root);

async function hashOf(files: URL[]): Promise<string> {
  const hash = createHash("sha256");
  for (const file of files) hash.update(await readFile(file));
  return hash.digest("hex");
}

async function sources(): Promise<URL[]> {
  const within = async (folder: string): Promise<string[]> => {
    const entries = await readdir(new URL(folder, root), { withFileTypes: true });
    return entries.filter((entry) => entry.isFile() && entry.name !== "version.json").map((entry) =>
      folder + entry.name
    ).sort();
  };
  const names = ["deno.lock", "package.json", ...await within("assembly/"), ...await within("assembly/src/")];
  return names.map((name) => new URL(name, root));
}

async function run(what: string, args: string[]): Promise<void> {
  console.error(what);
  const { code } = await new Deno.Command(Deno.execPath(), { args, cwd: root, stdout: "null", stderr: "inherit" })
    .output();
  if (code === 0) return;
  console.error(`Set-up failed at "deno ${args.join(" ")}" with exit code ${code}`);
  Deno.exit(1);
}

/** Whether the kernel that lies there is the one these sources make: somebody may have built another since. */
async function isBuilt(): Promise<boolean> {
  const { version } = JSON.parse(await readFile(new URL("assembly/version.json", root), "utf8")) as { version: string };
  return (await readFile(new URL("assembly/pkg/relevance.js", root), "utf8").catch(() => "")).includes(version);
}

const now = await hashOf(await sources());
const before = await readFile(stamp, "utf8").catch(() => "");
if (before !== now || !await isBuilt()) {
  await run("Setting up once: installing packages …", ["install", "--frozen", "--quiet"]);
  await run("Setting up once: building the WASM kernel …", ["run", "-A", "assembly/build.ts"]);
  await writeFile(stamp, now);
}
