/**
 * What a plugin's frame needs: the guest as one script of its own, and a policy of the page that admits the frame's script.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { FRAME_SCRIPT } from "@hyaline/core/sandbox";
import { build, type Plugin } from "vite";

const entry = fileURLToPath(new URL("../core/src/sandbox/guest_worker.ts", import.meta.url));

export const guest = (): Plugin => ({
  name: "hyaline-guest",
  async generateBundle() {
    const [{ output: [{ code }] }] = await build({
      configFile: false,
      logLevel: "error",
      publicDir: false,
      build: { write: false, lib: { entry, formats: ["iife"], name: "guest" } },
    }) as unknown as [{ output: [{ code: string }] }];
    this.emitFile({ type: "asset", fileName: "plugin_guest.js", source: code });
  },
  transformIndexHtml: (html) =>
    html.replace("{frame}", `'sha256-${createHash("sha256").update(FRAME_SCRIPT).digest("base64")}'`),
});
