/**
 * What every request passes: host, origin, size and type of the body.
 *
 * @module
 */
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { bodyTooLarge, bodyType, foreignHost, foreignOrigin } from "./errors.ts";

export interface GateConfig {
  /** Host names this server answers to, besides the loopback's (DNS rebinding). */
  readonly hosts: readonly string[];
  /** Origins other than its own whose pages may use it. */
  readonly origins: readonly string[];
  readonly bodyBytes: number;
}

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);
const hostname = (host: string): string => host.replace(/:\d+$/, "").toLowerCase();

/** Refuses hosts and origins nobody allowed; sets the headers that isolate the page, so that it gets threads. */
export const borders = ({ hosts, origins }: GateConfig): MiddlewareHandler => async (c, next) => {
  const host = hostname(c.req.header("host") ?? new URL(c.req.url).host), origin = c.req.header("origin");
  if (!LOOPBACK.has(host) && !hosts.includes(host)) throw foreignHost(host);
  const own = origin === undefined || origins.includes(origin) ||
    (URL.canParse(origin) && new URL(origin).host === (c.req.header("host") ?? ""));
  if (!own) throw foreignOrigin(origin);
  if (c.req.method === "OPTIONS") c.res = c.body(null, 204); // what an allowed page's browser asks before it sends JSON
  else await next();
  c.header("cross-origin-opener-policy", "same-origin");
  c.header("cross-origin-embedder-policy", "require-corp");
  c.header("cross-origin-resource-policy", "same-origin");
  c.header("x-content-type-options", "nosniff");
  c.header("referrer-policy", "no-referrer");
  if (origin !== undefined && origins.includes(origin)) {
    c.header("access-control-allow-origin", origin);
    c.header("access-control-allow-methods", "GET, POST, PATCH, DELETE");
    c.header("access-control-allow-headers", "authorization, content-type, last-event-id");
    c.header("access-control-expose-headers", "location, retry-after, x-request-id");
    c.header("access-control-max-age", "600");
    c.header("vary", "Origin");
  }
};

/**
 * Bodies are JSON (a plain form cannot be sent across sites as JSON) and bounded, told or not told their length. Clients of the Open
 * Inference Protocol append bytes to their JSON, or name no type; a browser, which tells its origin, has to.
 */
export const bodies = ({ bodyBytes }: GateConfig): MiddlewareHandler[] => [
  async (c, next) => {
    if (!["POST", "PUT", "PATCH"].includes(c.req.method)) return await next();
    const type = c.req.header("content-type") ?? "", inference = c.req.path.startsWith("/v2/");
    const allowed = /^application\/json\b/i.test(type) ||
      (inference && (type === "application/octet-stream" || (type === "" && c.req.header("origin") === undefined)));
    if (!allowed) throw bodyType(type);
    await next();
  },
  bodyLimit({
    maxSize: bodyBytes,
    onError: () => {
      throw bodyTooLarge(bodyBytes);
    },
  }),
];
