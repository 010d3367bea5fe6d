/**
 * The built page: names that hold a hash are kept for ever, all others asked about again.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { FRAME_SCRIPT } from "@hyaline/core/sandbox";
import type { MiddlewareHandler } from "hono";
import type { PageFile } from "./folder.ts";

/**
 * Its own scripts, workers and files, and the hub's files; WebAssembly is compiled, nothing else is evaluated. Styles are set on
 * elements. Plugins run in frames, which inherit this: their one script is admitted by its hash.
 */
export const POLICY: string = [
  "default-src 'none'",
  `script-src 'self' 'wasm-unsafe-eval' blob: 'sha256-${createHash("sha256").update(FRAME_SCRIPT).digest("base64")}'`,
  "worker-src 'self' blob:",
  "connect-src 'self' blob: https://huggingface.co https://*.huggingface.co https://*.hf.co",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "manifest-src 'self'",
  "frame-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export const page = (file: (path: string) => Promise<PageFile | undefined>): MiddlewareHandler => async (c, next) => {
  const found = await file(c.req.path === "/" ? "/index.html" : c.req.path);
  if (!found) return await next();
  c.header("cache-control", found.hashed ? "public, max-age=31536000, immutable" : "no-cache");
  c.header("etag", found.etag);
  c.header("content-type", found.type);
  if (found.type.startsWith("text/html")) c.header("content-security-policy", POLICY);
  if (c.req.header("if-none-match") === found.etag) return c.body(null, 304);
  return c.body(await found.bytes(), 200);
};
