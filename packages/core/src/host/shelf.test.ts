import { describe, expect, test } from "vitest";
import { Shelf } from "./shelf.ts";
import type { Subject } from "./subject.ts";

/** A shelf of models that each hold as many bytes as their name says, and what it opened and released. */
function shelf(bytes: number) {
  const seen: string[] = [];
  const open = ({ model }: { model: string }) => {
    seen.push(`+${model}`);
    if (model === "broken") return Promise.reject(new Error("no such file"));
    const release = () => Promise.resolve(void seen.push(`-${model}`));
    const bytes = Number(model.slice(1));
    return Promise.resolve({ dtype: "fp32", model: { bytes, release } } as unknown as Subject);
  };
  const kept = new Shelf({ bytes, open });
  return { kept, seen, use: (model: string, pinned = false) => kept.open({ model, executor: "auto" }, { pinned }) };
}

describe("a shelf of models", () => {
  test("the one used longest ago gives way", async () => {
    const { kept, seen, use } = shelf(10);
    for (const model of ["a4", "b4", "a4", "c4"]) await use(model);
    expect(seen).toEqual(["+a4", "+b4", "+c4", "-b4"]);
    expect(kept.opened.map(({ model, bytes }) => [model, bytes])).toEqual([["a4", 4], ["c4", 4]]);
  });

  test("pinned ones stay; what finds no room beside them is refused and not kept", async () => {
    const { kept, seen, use } = shelf(10);
    await use("a6", true);
    await use("b4");
    await expect(use("c5")).rejects.toMatchObject({ code: "MEMORY_FULL" });
    expect(seen).toEqual(["+a6", "+b4", "+c5", "-b4", "-c5"]);
    expect(kept.opened).toEqual([{ model: "a6", dtype: "fp32", bytes: 6, pinned: true }]);
  });

  test("a model asked for twice at once is opened once; one that failed is tried again", async () => {
    const { seen, use } = shelf(10);
    await Promise.all([use("a4"), use("a4")]);
    await expect(use("broken")).rejects.toThrow("no such file");
    await expect(use("broken")).rejects.toThrow("no such file");
    expect(seen).toEqual(["+a4", "+broken", "+broken"]);
  });

  test("drop() releases a model, pinned or not, and says how many were open", async () => {
    const { kept, seen, use } = shelf(10);
    await use("a4", true);
    expect([await kept.drop({ model: "a4" }), await kept.drop({ model: "a4" })]).toEqual([1, 0]);
    expect(seen).toEqual(["+a4", "-a4"]);
  });
});
