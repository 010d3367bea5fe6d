/**
 * Results as files, written by the renderers that the command line uses.
 *
 * @module
 */
import { renderCsv, renderHtml, renderSvg } from "@hyaline/core/render";
import type { Explanation } from "@hyaline/core/result";
import { language } from "../strings/mod.ts";

export type Kind = "svg" | "png" | "csv" | "json" | "html";

const TYPES: Readonly<Record<Kind, string>> = {
  svg: "image/svg+xml",
  png: "image/png",
  csv: "text/csv;charset=utf-8",
  json: "application/json",
  html: "text/html;charset=utf-8",
};
/** Pixels of a PNG for each of the drawing's. */
const DENSITY = 2;

async function contentOf(kind: Kind, explanations: readonly Explanation[]): Promise<BlobPart> {
  const locale = language.value;
  if (kind === "csv") return renderCsv(explanations);
  if (kind === "json") return JSON.stringify(explanations, undefined, 2);
  if (kind === "html") return renderHtml(explanations, { locale });
  const svg = renderSvg(explanations, { locale });
  return kind === "svg" ? svg : await pngOf(svg);
}

/** Draws an SVG on a canvas. It loads nothing, so the canvas may be read. */
async function pngOf(svg: string): Promise<Blob> {
  const image = new Image(), address = URL.createObjectURL(new Blob([svg], { type: TYPES.svg }));
  try {
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth * DENSITY;
    canvas.height = image.naturalHeight * DENSITY;
    canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) =>
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("The picture is too large"))), TYPES.png)
    );
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** A file's name out of a model's: letters, digits and dashes of any script are kept. */
export const fileName = (model: string, kind: Kind): string =>
  `hyaline-${
    model.normalize().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-+|-+$/g, "").slice(0, 60) || "model"
  }.${kind}`;

/** Hands a file to the browser's downloads. */
export async function save(kind: Kind, explanations: readonly Explanation[]): Promise<void> {
  const address = URL.createObjectURL(new Blob([await contentOf(kind, explanations)], { type: TYPES[kind] }));
  const link = document.createElement("a");
  link.href = address;
  link.download = fileName(explanations[0]!.model.id, kind);
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // the download has begun by then
}
