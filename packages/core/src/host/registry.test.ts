import { describe, expect, test } from "vitest";
import { manifestSchema } from "../manifest/manifest.ts";
import { type InstalledPlugin, Registry, suggestion } from "./registry.ts";

const plugin = (id: string, methods: string[], more: Record<string, unknown> = {}): InstalledPlugin => ({
  manifest: manifestSchema.parse({
    manifestVersion: 1,
    id,
    version: "1.0.0",
    apiVersion: "^1.0.0",
    title: id,
    description: "",
    license: "MIT",
    entry: "./mod.ts",
    explainers: methods.map((method) => ({
      id: method,
      title: method,
      summary: "",
      limits: "",
      needs: ["tokens"],
      output: ["token-scores"],
      signed: true,
      cost: "1 forward",
      options: {
        type: "object",
        properties: {
          steps: { type: "integer", minimum: 1, default: 50 },
          composite: { type: "string", default: "attnlrp" },
        },
        additionalProperties: false,
      },
    })),
    ...more,
  }),
  run: () => Promise.reject(new Error("not run here")),
});
const code = (wanted: string) => expect.objectContaining({ code: wanted });

describe("Registry", () => {
  test("fills in an option's default and refuses options the manifest does not list", () => {
    const registry = new Registry([plugin("a", ["mine"])]);
    expect(registry.method({ id: "mine", options: {} }).options).toEqual({ steps: 50, composite: "attnlrp" });
    expect(() => registry.method({ id: "mine", options: { steps: 0 } })).toThrow(code("INVALID_OPTIONS"));
    expect(() => registry.method({ id: "mine", options: { speed: 1 } })).toThrow(code("INVALID_OPTIONS"));
  });

  test("takes a composite's name for lrp with that composite", () => {
    expect(new Registry([plugin("a", ["lrp"])]).method({ id: "cp-lrp", options: {} })).toMatchObject({
      entry: { id: "lrp" },
      options: { composite: "cp-lrp" },
    });
  });

  test("suggests the method that was meant", () => {
    expect(() => new Registry([plugin("a", ["grad-cam"])]).method({ id: "gradcam", options: {} })).toThrow(
      expect.objectContaining({ code: "UNKNOWN_METHOD", hint: 'Did you mean "grad-cam"?' }),
    );
    expect(suggestion("zzzzzzzz", ["a"])).toBe("There are a");
  });

  test("refuses two plugins that claim one method, and a plugin of another contract", () => {
    expect(() => new Registry([plugin("a", ["x"]), plugin("b", ["x"])])).toThrow(code("PLUGIN_COLLISION"));
    expect(() => new Registry([plugin("a", ["x"]), plugin("a", ["y"])])).toThrow(code("PLUGIN_COLLISION"));
    expect(() => new Registry([plugin("a", ["attnlrp"])])).toThrow(code("PLUGIN_COLLISION"));
    const composite = { id: "x", title: "", summary: "", references: [], conserves: false, rules: [] };
    for (const id of ["x", "attnlrp"]) {
      expect(() => new Registry([plugin("a", ["x"]), { ...plugin("b", []), composites: [{ ...composite, id }] }]))
        .toThrow(
          code("PLUGIN_COLLISION"),
        );
    }
    expect(() => new Registry([plugin("a", ["x"], { apiVersion: "^2.0.0" })])).toThrow(code("PLUGIN_API"));
  });
});
