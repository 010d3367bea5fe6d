/**
 * The API about itself: for machines at `/openapi.json`, for people at `/docs`.
 *
 * @module
 */
import { docsPage, docsPolicy, type OpenApi } from "../docs_page.ts";
import type { router } from "./problem.ts";
import { publishedSchemas } from "./shapes.ts";

/** Describes the routes the app has so far. */
export function documentRoutes(app: ReturnType<typeof router>, version: string): void {
  const document = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "Hyaline", version, description: "Why a transformer said what it said" },
  });
  Object.assign(document.components!.schemas!, publishedSchemas());
  app.get("/openapi.json", (c) => c.json(document as never));
  app.get("/docs", (c) => {
    c.header("content-security-policy", docsPolicy);
    return c.html(docsPage(document as unknown as OpenApi));
  });
}
