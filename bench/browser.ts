/**
 * The same explanation in headless Chromium, with and without cross-origin isolation.
 *
 * @module
 */
import { chromium } from "playwright-core";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createReadStream, existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { besideBundle, bundled, executablePath, isolating } from "../test/browser.ts";
import { conditions, table } from "./measure.ts";
import type { explainInPage } from "./page.ts";

const TYPES: Record<string, string> = {
  js: "text/javascript",
  mjs: "text/javascript",
  wasm: "application/wasm",
  html: "text/html",
};
const PAGE = `<!doctype html><title>bench</title><script type="importmap">{"imports":{
  "onnxruntime-web": "/ort/ort.wasm.min.mjs", "@hyaline/assembly": "/pkg/relevance.js", "@hyaline/assembly/team": "/pkg/relevance_team.js"
}}</script>`;

/** Serves the page, the bundle, the kernel, ONNX Runtime and the checkpoint. */
function serve(code: string, model: string, headers: Record<string, string>): Promise<Server> {
  const folders: Record<string, URL> = {
    pkg: new URL("../assembly/pkg/", import.meta.url),
    ort: new URL("../node_modules/onnxruntime-web/dist/", import.meta.url),
  };
  const server = createServer(({ url = "/" }, response) => {
    const [, folder = "", name = ""] = url.split("/"), within = folders[folder];
    const type = TYPES[url.split(".").at(-1)!] ?? "text/html",
      text = url === "/" ? PAGE : url === "/bundle.js" ? code : undefined;
    const file = url === "/model.onnx" ? model : within && name ? fileURLToPath(new URL(name, within)) : undefined;
    if (text === undefined && !(file && existsSync(file))) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": type, ...headers });
    if (text !== undefined) response.end(text);
    else createReadStream(file!).pipe(response);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

/** Prints the table, or why there is none. */
export async function browser(model: string, length: number): Promise<string> {
  if (!executablePath) return "## In a browser\n\nNo Chromium is installed here.";
  const where = conditions(), rows: string[][] = [];
  const code = await bundled(new URL("page.ts", import.meta.url), { format: "es", external: besideBundle });
  const chrome = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  for (const [name, headers] of [["without isolation", {}], ["cross-origin isolated", isolating]] as const) {
    const server = await serve(code, model, headers), tab = await chrome.newPage();
    await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    for (const threads of name === "without isolation" ? [1] : [1, 2]) {
      const found = await tab.evaluate<Awaited<ReturnType<typeof explainInPage>>>(
        `import("/bundle.js").then(({ explainInPage }) => explainInPage("/model.onnx", ${
          JSON.stringify({ length, threads, runs: 10 })
        }))`,
      );
      rows.push([
        name,
        `${found.threads}`,
        found.build,
        found.forward.toFixed(0),
        found.whole.toFixed(0),
        `${(found.whole / found.forward).toFixed(2)} ×`,
        found.wholeAlone.toFixed(0),
        `${(found.wholeAlone / found.forward).toFixed(2)} ×`,
      ]);
      if (threads < 2) await tab.reload(); // the runtime's threads are fixed at its first session
    }
    await tab.close();
    server.close();
  }
  await chrome.close();
  return [
    `## In headless Chromium, ${length} tokens (${model.split("/").slice(-3).join("/")}), best of ten`,
    where,
    table(
      [
        ...["page", "threads", "build", "plain forward, ms", "AttnLRP, ms", "of the plain forward"],
        ...["on the kernel alone, ms", "of the plain forward"],
      ],
      rows,
    ),
  ].join("\n\n");
}
