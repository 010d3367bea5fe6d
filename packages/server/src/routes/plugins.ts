/** Plugins at hand. They are added on the machine (`hyaline plugin`), never over the network. @module */
import { createRoute, z } from "@hono/zod-openapi";
import type { Manifest } from "@hyaline/core/manifest";
import type { Deps } from "../app.ts";
import { router } from "./problem.ts";

const plugin = z.strictObject({
  id: z.string(),
  version: z.string(),
  title: z.string(),
  description: z.string(),
  license: z.string(),
  methods: z.array(z.string()).openapi({ description: "Ids for `methods` of a request" }),
  permissions: z.strictObject({ net: z.array(z.string()).optional(), read: z.array(z.string()).optional() }),
}).openapi("Plugin");

const list = createRoute({
  method: "get",
  path: "/api/v1/plugins",
  summary: "Plugins, as their manifests describe them",
  responses: { 200: { description: "The plugins", content: { "application/json": { schema: z.array(plugin) } } } },
});

export const pluginRoutes = ({ config }: Deps) =>
  router().openapi(list, (c) => {
    const manifests = new Map<string, Manifest>(config.engine.methods().map(({ manifest }) => [manifest.id, manifest]));
    return c.json(
      [...manifests.values()].map(({ id, version, title, description, license, explainers, permissions }) => ({
        id,
        version,
        title,
        description,
        license,
        methods: explainers.map((explainer) => explainer.id),
        permissions: permissions as z.infer<typeof plugin>["permissions"],
      })),
      200,
    );
  });
