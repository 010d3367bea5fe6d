/**
 * Explanations as documents, by the renderers the command line uses. A document is shut off from the API it comes from: it may run
 * its own script, and nothing else.
 *
 * @module
 */
import { contentSecurityPolicy, renderCsv, renderHtml, renderSvg } from "@hyaline/core/render";
import type { Explanation } from "@hyaline/core/result";

export const formats = ["json", "html", "svg", "csv"] as const;
export type Format = (typeof formats)[number];

const documents: Readonly<
  Record<
    Exclude<Format, "json">,
    { readonly type: string; readonly policy: string; render(all: readonly Explanation[], locale: string): string }
  >
> = {
  html: {
    type: "text/html; charset=utf-8",
    policy: `${contentSecurityPolicy}; frame-ancestors 'none'; sandbox allow-scripts`,
    render: (all, locale) => renderHtml(all, { locale }),
  },
  svg: {
    type: "image/svg+xml",
    policy: "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    render: (all, locale) => renderSvg(all, { locale }),
  },
  csv: { type: "text/csv; charset=utf-8", policy: "default-src 'none'; sandbox", render: (all) => renderCsv(all) },
};

/** @param locale a language tag, or a header `Accept-Language` */
export function exported(
  explanations: readonly Explanation[],
  format: Exclude<Format, "json">,
  locale = "en",
): Response {
  const { type, policy, render } = documents[format];
  return new Response(render(explanations, locale), {
    headers: { "content-type": type, "content-security-policy": policy },
  });
}
