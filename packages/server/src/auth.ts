/**
 * Who may do what, and how often.
 *
 * @module
 */
import { failure, type HyalineError } from "@hyaline/core/errors";
import type { Context, MiddlewareHandler } from "hono";
import { RateLimiterMemory, type RateLimiterRes } from "rate-limiter-flexible";
import { Busy } from "./errors.ts";
import { type KeyRecord, type Scope, sha256 } from "./keys.ts";

export interface AuthConfig {
  readonly keys: readonly KeyRecord[];
  /** What is allowed without a key. */
  readonly anonymous: readonly Scope[];
  /** Requests a minute for each key, and for each address without one. */
  readonly perMinute?: number | undefined;
  /** Whether a proxy stands in front that sets X-Forwarded-For. */
  readonly proxied: boolean;
}

/** The scope a request needs; undefined where anybody may ask: health, documents, and the page itself. */
export function scopeOf(method: string, path: string): Scope | undefined {
  if (/^\/(v2\/health\/|v2\/?$|ping$)/.test(path)) return undefined;
  if (!/^\/(api|v1|v2|explanations|predictions|metrics)(\/|$)/.test(path)) return undefined;
  if (/^\/api\/v1\/(models\/[^/]+\/(load|unload)$|plugins)/.test(path) && method !== "GET") return "admin";
  return method === "GET" || method === "HEAD" ? "read" : "explain";
}

/** @throws UNAUTHENTICATED, FORBIDDEN, BUSY when a client asks more often than it may */
export function auth({ keys, anonymous, perMinute, proxied }: AuthConfig): MiddlewareHandler {
  const byHash = new Map(keys.map((key) => [key.sha256, key])), limiters = new Map<number, RateLimiterMemory>();
  const limited = async (client: string, most: number | undefined): Promise<void> => {
    if (most === undefined) return;
    let limiter = limiters.get(most);
    if (!limiter) limiters.set(most, limiter = new RateLimiterMemory({ points: most, duration: 60 }));
    await limiter.consume(client).catch(({ msBeforeNext }: RateLimiterRes) => {
      throw new Busy(`More than ${most} requests in a minute`, Math.ceil(msBeforeNext / 1000));
    });
  };
  return async (c, next) => {
    const needed = scopeOf(c.req.method, c.req.path);
    if (!needed) return await next();
    const given = /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
    const key = given === undefined ? undefined : byHash.get(sha256(given));
    const client = key ? `key ${key.name}` : `address ${addressOf(c, proxied)}`;
    await limited(client, key?.perMinute ?? perMinute);
    if (given !== undefined && !key) throw unauthenticated("This server does not know the key");
    if (!(key?.scopes ?? anonymous).includes(needed)) {
      throw key ? forbidden(needed) : unauthenticated(`This needs a key with the scope "${needed}"`);
    }
    c.set("client", client);
    await next();
  };
}

/** Where a request came from. Only the last entry of X-Forwarded-For is the proxy's own. */
function addressOf(c: Context, proxied: boolean): string {
  const forwarded = proxied ? c.req.header("x-forwarded-for")?.split(",").at(-1)?.trim() : undefined;
  return forwarded || (c.env?.incoming?.socket?.remoteAddress ?? "unknown");
}

const unauthenticated = (message: string): HyalineError =>
  failure({ code: "UNAUTHENTICATED", message, hint: "Send Authorization: Bearer with a key from hyaline keys add" });
const forbidden = (scope: Scope): HyalineError =>
  failure({
    code: "FORBIDDEN",
    message: `This needs the scope "${scope}", which the key does not have`,
    hint: "hyaline keys add makes a key with other scopes",
  });
