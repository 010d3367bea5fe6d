/**
 * What every route shares: a router that refuses malformed requests the way the rest of Hyaline does, and the form of a refusal.
 *
 * @module
 */
import { OpenAPIHono, z } from "@hono/zod-openapi";
import { invalidRequest } from "@hyaline/core/errors";
import type { Context } from "hono";
import { malformedBody } from "../errors.ts";

export const problem = z.strictObject({ code: z.string(), message: z.string(), hint: z.string().optional() }).openapi(
  "Problem",
);

/** Why, by status. */
export const reasons: Readonly<Record<number, string>> = {
  400: "The request is malformed: every wrong field is named",
  401: "It needs a key, or another one",
  403: "The key has not the scope, or a page of another origin asks and is not allowed to",
  404: "There is no such thing here",
  413: "The body is too large",
  415: "The body is not JSON",
  421: "The server does not answer to this host",
  422: "The model cannot do what is asked of it",
  429: "Too many requests are waiting, or came in a minute: try again after the seconds in Retry-After",
  500: "The server failed; its log tells more under the request's id",
  501: "The server keeps nothing",
  503: "The server is not ready yet",
  504: "It took longer than the server allows",
  507: "There is no room to keep it",
};

export type Problem = z.infer<typeof problem>;

/** What KServe's and TorchServe's clients read instead. */
export const inferenceProblem = z.strictObject({ error: z.string(), code: z.string() }).openapi("InferenceProblem");
export const torchserveProblem = z.strictObject({
  code: z.int(),
  type: z.string(),
  message: z.string(),
  hint: z.string().optional(),
}).openapi("TorchServeProblem");

/** Refusals of a route by their statuses, for the OpenAPI document. */
export const problems = (...statuses: number[]) => problemsIn(problem, statuses);

/** The same in another form. */
export const problemsIn = <S extends z.ZodType>(schema: S, statuses: readonly number[]) =>
  Object.fromEntries(
    statuses.map((status) => [status, {
      description: reasons[status]!,
      content: { "application/json": { schema } },
    }]),
  );

/** A value by its schema. @throws INVALID_REQUEST, naming every wrong field */
export function checked<T extends z.ZodType>(schema: T, value: unknown): z.infer<T> {
  const { success, data, error } = schema.safeParse(value);
  if (!success) throw refused(error.issues);
  return data;
}

/** The body as JSON. @throws MALFORMED_BODY */
export const jsonOf = (c: Context): Promise<unknown> =>
  c.req.json().catch(() => {
    throw malformedBody();
  });

const refused = (issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[]) =>
  invalidRequest(issues.map(({ path, message }) => `${path.join(".") || "(the whole)"}: ${message}`));

/** A router whose schemas refuse as {@link checked} does. */
export const router = (): OpenAPIHono =>
  new OpenAPIHono({
    defaultHook: (result) => {
      if (!result.success) throw refused(result.error.issues);
    },
  });
