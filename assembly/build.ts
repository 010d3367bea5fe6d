/**
 * Compiles the kernel twice (SIMD128 and relaxed SIMD) and writes `pkg/` in the shape of wasm-pack's web target:
 * `relevance.js` (default `init`, `initSync`, one function for each export), `relevance.d.ts`, `package.json`, `*_bg.wasm`.
 */
import asc from "assemblyscript/asc";
import { createHash } from "node:crypto";
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const root = new URL("./", import.meta.url);
const pkg = new URL("pkg/", root);
/** What the package takes as it is. */
const TEAM = ["relevance_team.js", "relevance_team.d.ts", "relevance_worker.js"];

interface Declaration {
  name: string;
  parameters: string[];
  result: string;
  doc: string;
}

/** Every exported kernel function with its doc comment, read from the sources: the wasm has forgotten parameter names. */
async function declarations(exported: readonly string[]): Promise<Declaration[]> {
  const files = (await readdir(new URL("src/", root))).filter((name) => name.endsWith(".ts"));
  const source = (await Promise.all(files.map((name) => readFile(new URL(`src/${name}`, root), "utf8")))).join("\n");
  return exported.map((name) => {
    const match = source.match(
      new RegExp(`((?:/\\*\\*(?:(?!\\*/)[\\s\\S])*\\*/\\n)?)export function ${name}\\(([^)]*)\\): (\\w+)`),
    );
    if (!match) throw new Error(`No declaration of the export "${name}" in assembly/src`);
    const [, doc = "", list = "", result = "void"] = match;
    const parameters = list.split(",").map((one) => one.split(":")[0]!.trim()).filter(Boolean);
    return { name, parameters, result: result === "void" ? "void" : "number", doc };
  });
}

/** What the kernel is made of, in sixteen digits: a package built from other sources says others. */
async function versionOf(): Promise<string> {
  const sources = (await readdir(new URL("src/", root))).sort().map((name) => `src/${name}`),
    hash = createHash("sha256");
  for (const name of [...sources, ...TEAM, "glue.js", "asconfig.json"]) {
    hash.update(await readFile(new URL(name, root)));
  }
  return hash.digest("hex").slice(0, 16);
}

function signature({ name, parameters, result }: Declaration): string {
  return `${name}(${parameters.map((one) => `${one}: number`).join(", ")}): ${result}`;
}

async function compile(target: string): Promise<void> {
  const { error, stderr } = await asc.main([
    "--baseDir",
    fileURLToPath(root),
    "--config",
    "asconfig.json",
    "--target",
    target,
  ]);
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
}

await mkdir(pkg, { recursive: true });
const version = await versionOf();
for (const target of ["simd", "relaxed"]) await compile(target);
const module = await WebAssembly.compile(await readFile(new URL("relevance_bg.wasm", pkg)));
const exported = WebAssembly.Module.exports(module).map((one) => one.name).sort();
const declared = await declarations(exported);

const glue = await readFile(new URL("glue.js", root), "utf8");
const functions = declared.map(({ name, parameters }) => {
  const names = parameters.join(", ");
  return `export function ${name}(${names}) {\n  return wasm.${name}(${names});\n}\n`;
});
await writeFile(
  new URL("relevance.js", pkg),
  `/* @ts-self-types="./relevance.d.ts" */\n${glue}\n/** Of the sources this was built from. */\nexport const version = "${version}";\n\n${
    functions.join("\n")
  }`,
);

const glueTypes = await readFile(new URL("glue.d.ts.txt", root), "utf8");
const output = declared.map((one) =>
  `  readonly ${one.name}: (${one.parameters.map((p) => `${p}: number`).join(", ")}) => ${one.result};`
);
const types = declared.map((one) => `${one.doc}export function ${signature(one)};\n`);
await writeFile(
  new URL("relevance.d.ts", pkg),
  `${glueTypes.replace("  // exports", output.join("\n"))}\n${types.join("\n")}`,
);
for (const name of TEAM) {
  await copyFile(new URL(name, root), new URL(name, pkg));
}
await copyFile(new URL("../LICENSE", root), new URL("LICENSE", pkg)).catch(() => undefined);
await writeFile(
  new URL("package.json", pkg),
  JSON.stringify(
    {
      name: "hyaline-relevance",
      type: "module",
      version: "0.1.0",
      license: "Apache-2.0",
      files: [
        "relevance_bg.wasm",
        "relevance_relaxed_bg.wasm",
        "relevance.js",
        "relevance.d.ts",
        ...TEAM,
      ],
      main: "relevance.js",
      types: "relevance.d.ts",
      sideEffects: ["./snippets/*"],
    },
    null,
    2,
  ) + "\n",
);
// Committed, so that whoever loads the package knows which one it should be.
await writeFile(new URL("version.json", root), JSON.stringify({ version }) + "\n");
