/** Programs written against Triton's and KServe's clients get what they expect. HYALINE_PYTHON names the Python that has them. */
import { execFile, spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { canServe, serving } from "./serving.ts";

const python = process.env.HYALINE_PYTHON ?? "python3";
const has = (module: string): boolean => spawnSync(python, ["-c", `import ${module}`]).status === 0;
const script = fileURLToPath(new URL("python_clients.py", import.meta.url));

test.skipIf(!canServe || !has("tritonclient.http"))(
  "Python clients predict and explain (skipped without tritonclient[http])",
  { timeout: 300_000 },
  async () => {
    const server = await serving();
    try {
      const { stdout } = await promisify(execFile)(python, [script, server.url]), found = JSON.parse(stdout);
      const labels = ["positive", "negative"];
      expect(found).toMatchObject({
        "triton ready": [true, true, true],
        "triton absent model ready": false,
        "triton metadata": [["explain", "binary_tensor_data"], "text"],
        "triton refusal": ["404", expect.stringContaining('This server has no model "absent"')],
        "explained texts": ["I love programming", "A dull mess"],
        "torchserve predictions": "positive",
      });
      for (const binary of ["True", "False"]) {
        expect(found[`triton labels, binary ${binary}`]).toEqual(labels);
        for (const sum of found[`triton probabilities, binary ${binary}`]) expect(sum).toBeCloseTo(1, 5);
        expect(found[`triton id, binary ${binary}`]).toBe("7");
      }
      const [words, importances, bounded] = found.torchserve;
      expect([words === importances, words > 3, bounded]).toEqual([true, true, true]);
      if (!has("kserve")) return;
      expect(found).toMatchObject({
        "kserve v1 ready": true,
        "kserve v1 predict": labels,
        "kserve v1 explain": ["token-scores", "token-scores"],
        "kserve v2 ready": [true, true, true],
        "kserve v2 labels": labels,
      });
    } finally {
      await server.end();
    }
  },
);
