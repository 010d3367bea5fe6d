/**
 * A paper as its manifest names it, with a link where it has a number at arXiv or a DOI.
 *
 * @module
 */
import { visible } from "@hyaline/core/render";

/** Where a reference can be read; built from its number alone, so that a manifest cannot smuggle in another address. */
export function addressOf(text: string): string | undefined {
  const arxiv = /\barXiv[: ](\d{4}\.\d{4,5})\b/i.exec(text)?.[1];
  if (arxiv) return `https://arxiv.org/abs/${arxiv}`;
  const doi = /\b(10\.\d{4,9}\/[\w.()/:-]+)/.exec(text)?.[1];
  return doi && `https://doi.org/${encodeURI(doi)}`;
}

export function Reference({ text }: { text: string }) {
  const address = addressOf(text);
  return address ? <a href={address} target="_blank" rel="noreferrer">{visible(text)}</a> : <>{visible(text)}</>;
}
