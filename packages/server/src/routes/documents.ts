/**
 * The API about itself: for machines at `/openapi.json`, for people at `/docs`.
 *
 * @module
 */
import { formOf } from "../errors.ts";
import { docsPage, docsPolicy, type OpenApi } from "../docs_page.ts";
import { reasons, type router } from "./problem.ts";
import { scopeOf } from "../auth.ts";
import { publishedSchemas } from "./shapes.ts";

/** Describes the routes the app has so far. */
export function documentRoutes(app: ReturnType<typeof router>, version: string): void {
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "Hyaline", version, description: "Why a transformer said what it said" },
  });
  Object.assign(document.components!.schemas!, publishedSchemas());
  const guarded = (path: string) => {
    const content = { "application/json": { schema: { $ref: `#/components/schemas/${formOf(path)}` } } };
    return Object.fromEntries([401, 403, 429].map((status) => [status, { description: reasons[status]!, content }]));
  };
  document.components!.securitySchemes = { key: { type: "http", scheme: "bearer" } };
  for (const [path, operations] of Object.entries(document.paths!)) {
    for (const [method, operation] of Object.entries(operations)) {
      const scope = scopeOf(method.toUpperCase(), path);
      if (!scope) continue;
      operation.security = [{ key: [scope] }];
      operation.responses = { ...guarded(path), ...operation.responses };
    }
  }
  app.get("/openapi.json", (c) => c.json(document as never));
  app.get("/docs", (c) => {
    c.header("content-security-policy", docsPolicy);
    return c.html(docsPage(document as unknown as OpenApi));
  });
}
