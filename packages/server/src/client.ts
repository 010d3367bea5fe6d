/**
 * A typed client: paths, bodies and answers are checked by the compiler. Only `fetch` runs.
 *
 * @module
 */
import { type ClientRequestOptions, hc } from "hono/client";
import type { Api } from "./app.ts";

/**
 * A client of a server.
 *
 * @param base its address; "/" from a page it serves
 * @example
 * ```ts
 * import { client } from "@hyaline/server/client";
 * const hyaline = client("http://localhost:8080");
 * const ask = () => hyaline.api.v1.explain.$post({ query: {}, json: { input: { text: "I love programming" } } });
 * ```
 */
export const client = (base: string, options?: ClientRequestOptions): ReturnType<typeof hc<Api>> =>
  hc<Api>(base, options);
