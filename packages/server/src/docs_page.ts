/**
 * The OpenAPI document as a page for people: plain HTML from this server, no script, nothing loaded from elsewhere.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { html, raw } from "hono/html";

/** The parts of an OpenAPI document the page shows. */
export interface OpenApi {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}
interface Operation {
  readonly summary?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: Schema;
  }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
}
type Content = Readonly<Record<string, { readonly schema?: Schema }>>;
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
}
type Markup = ReturnType<typeof html>;

const style =
  `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem}
code,pre{font:14px/1.4 ui-monospace,monospace}pre{overflow:auto;padding:.6rem;border:1px solid #8888;border-radius:.3rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;border-top:1px solid #8884}
caption{text-align:left;font-weight:600;padding:.4rem 0}section{margin:2rem 0}nav ul{columns:2 20rem;padding-left:1rem}h2 code,nav b{font-size:1em}`;

/** The page's policy: its own style sheet, by its hash. */
export const docsPolicy = `default-src 'none'; style-src 'sha256-${
  createHash("sha256").update(style).digest("base64")
}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

const operations = ({ paths }: OpenApi) =>
  Object.entries(paths).flatMap(([path, of]) =>
    Object.entries(of).map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      operation,
      id: `${method}${path.replace(/[^\w]+/g, "-")}`,
    }))
  );

/** The whole page. */
export function docsPage(document: OpenApi): Markup {
  const { info, components } = document, all = operations(document);
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>${info.title} API ${info.version}</title>
        <style>${raw(style)}</style>
      </head>
      <body>
        <main>
    <h1>${info.title} API ${info.version}</h1>
    <p>${info.description ?? ""}. For machines: <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1).
    Every refusal has a code, a message and a hint: <a href="#schema-Problem">Problem</a>.</p>
    <pre><code>curl -s localhost:8080/api/v1/explain -H 'content-type: application/json' -d '{"input": {"text": "I love programming"}}'</code></pre>
    <nav aria-label="Operations"><ul>${all.map(({ id, method, path, operation }) =>
      html`<li><a href="#${id}"><b>${method}</b> ${path}</a> ${operation.summary ?? ""}</li>`
    )}</ul></nav>
    ${all.map(operationPart)}
    <h2>Schemas</h2>
    ${Object.entries(components.schemas).map(schemaPart)}
        </main>
      </body>
    </html>
  `;
}

function operationPart({ id, method, path, operation }: ReturnType<typeof operations>[number]): Markup {
  const { summary, parameters = [], requestBody, responses } = operation;
  return html`<section id="${id}"><h2><code>${method} ${path}</code></h2>
<p>${summary ?? ""}</p>
${
    parameters.length
      ? html`<table><caption>Parameters</caption><tr><th>Name</th><th>In</th><th>Type</th><th>Meaning</th></tr>${
        parameters.map((p) =>
          html`
            <tr>
              <td><code>${p.name}</code></td>
              <td>${p.in}</td>
              <td>${typeOf(p.schema)}</td>
              <td>${meaningOf(p.schema)}</td>
            </tr>
          `
        )
      }</table>`
      : ""
  }
${requestBody ? html`<p>Body: ${contentOf(requestBody.content)}</p>` : ""}
<table><caption>Answers</caption><tr><th>Status</th><th>Meaning</th><th>Body</th></tr>${
    Object.entries(responses).map(([status, { description, content }]) =>
      html`
        <tr>
          <td>${status}</td>
          <td>${description}</td>
          <td>${content ? contentOf(content) : ""}</td>
        </tr>
      `
    )
  }</table></section>`;
}

const contentOf = (content: Content): Markup =>
  html`${
    Object.entries(content).map(([type, { schema }]) =>
      html`
        <code>${type}</code> ${typeOf(schema)}
      `
    )
  }`;

function schemaPart([name, schema]: [string, Schema]): Markup {
  const { properties, required = [] } = schema;
  return html`<section id="schema-${name}"><h3>${name}</h3>${
    schema.description ? html`<p>${schema.description}</p>` : ""
  }${
    properties
      ? html`<table><tr><th>Field</th><th>Type</th><th>Meaning</th></tr>${
        Object.entries(properties).map(([field, of]) =>
          html`
            <tr>
              <td><code>${field}</code>${required.includes(field) ? "" : " (optional)"}</td>
              <td>${typeOf(of)}</td>
              <td>${meaningOf(of)}</td>
            </tr>
          `
        )
      }</table>`
      : html`<p>${typeOf(schema)}</p>`
  }</section>`;
}

const meaningOf = (schema: Schema = {}): string =>
  [schema.description, schema.default === undefined ? "" : `Default: ${JSON.stringify(schema.default)}`].filter(Boolean)
    .join(". ");

/** A type in a few words, with links to what it names. */
function typeOf(schema: Schema = {}): Markup {
  const { $ref, type, items, oneOf, anyOf, properties, additionalProperties } = schema, either = oneOf ?? anyOf;
  if ($ref) {
    const name = $ref.split("/").at(-1)!;
    return html`<a href="#schema-${name}">${name}</a>`;
  }
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.enum) return html`<code>${schema.enum.map((value) => JSON.stringify(value)).join(" | ")}</code>`;
  if (either) return html`${either.map((one, i) => html`${i ? " or " : ""}${typeOf(one)}`)}`;
  if (items) return html`list of ${typeOf(items)}`;
  if (properties) {
    return html`{ ${Object.entries(properties).map(([name, of], i) => html`${i ? ", " : ""}${name}: ${typeOf(of)}`)} }`;
  }
  if (typeof additionalProperties === "object") return html`${typeOf(additionalProperties)} by name`;
  return html`${type ? [type].flat().join(" or ") : "anything"}`;
}
