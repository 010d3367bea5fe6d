/**
 * What every route shares: a router that refuses malformed requests the way the rest of Hyaline does, and the form of a refusal.
 *
 * @module
 */
import { OpenAPIHono, z } from "@hono/zod-openapi";
import { invalidRequest } from "@hyaline/core/errors";

const problem = z.strictObject({ code: z.string(), message: z.string(), hint: z.string().optional() }).openapi(
  "Problem",
);

/** Refusals of a route by their statuses, for the OpenAPI document. */
export const problems = (...statuses: number[]) =>
  Object.fromEntries(
    statuses.map((status) => [status, {
      description: "Why not",
      content: { "application/json": { schema: problem } },
    }]),
  );

/** A router whose schemas refuse with INVALID_REQUEST, every wrong field at once. */
export const router = (): OpenAPIHono =>
  new OpenAPIHono({
    defaultHook: (result) => {
      if (result.success) return;
      throw invalidRequest(
        result.error.issues.map(({ path, message }) => `${path.join(".") || "(the whole)"}: ${message}`),
      );
    },
  });
