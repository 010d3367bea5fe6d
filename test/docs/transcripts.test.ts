/** Documents print what the tool prints. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { renewed } from "../../scripts/transcripts.ts";

/** Lines of figures: a token or a method, then its numbers. Prose around them may change. */
const ROW = /^(?: {4}(?:\[CLS\]|I|love|programming|\[SEP\])|(?:attention|lrp|occlusion)[^:(]*?) {2,}[+−-]?\d.*$/gm;
const figures = (text: string): number[] =>
  (text.match(ROW) ?? []).flatMap((row) =>
    [...row.matchAll(/(?<=\s)[+−-]?\d+(?:\.\d+)?/g)].map(([number]) => Number(number.replace("−", "-")))
  );

test.each(["docs/attention.md"])(
  "%s shows the figures of its own commands, to two digits",
  { timeout: 300_000 },
  async (path) => {
    const written = await readFile(new URL(`../../${path}`, import.meta.url), "utf8");
    const shown = figures(written), now = figures(await renewed(written));
    expect(shown.length).toBeGreaterThan(100);
    expect(now).toHaveLength(shown.length);
    now.forEach((value, i) => expect(Math.abs(value - shown[i]!)).toBeLessThanOrEqual(0.02 + 0.02 * Math.abs(value)));
  },
);

/** Text without what depends on the machine: digits behind the point, and the bars drawn by them. */
const shape = (text: string): string => text.replace(/[+−-]?\d+\.\d+/g, "#").replace(/[▀-▟]+/g, "").replace(/ +/g, " ");

test("docs/plugins.md leads from nothing to an explanation in under five minutes, and prints what its commands print", {
  timeout: 300_000,
}, async () => {
  const written = await readFile(new URL("../../docs/plugins.md", import.meta.url), "utf8"), began = performance.now();
  expect(shape(await renewed(written))).toBe(shape(written));
  expect(performance.now() - began).toBeLessThan(300_000);
});
