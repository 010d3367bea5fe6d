/**
 * GELU as exporters spell it out. Left expanded, the constant 1 in 1 + erf would draw relevance.
 *
 * @module
 */
import { besideScalar, isPolynomial, near, through } from "./algebra.ts";
import { because, type Canonicaliser } from "./canonicaliser.ts";
import { Draft } from "./draft.ts";
import { selfGated } from "./self_gated.ts";

const ROOT_TWO_OVER_PI = Math.sqrt(2 / Math.PI);

interface Form {
  readonly name: string;
  readonly summary: string;
  readonly core: "Erf" | "Tanh";
  readonly approximate: "none" | "tanh";
  /** The core's argument as a polynomial of x. */
  readonly inner: readonly number[];
  readonly said: string;
}

const spelled = ({ name, summary, core, approximate, inner, said }: Form): Canonicaliser => ({
  name,
  summary,
  at: ["Mul", "Div"],
  rewrite(node, scene) {
    // h = 1 + core(u)
    const found = selfGated(scene, node, (factor) => {
      const sum = besideScalar(scene, scene.made(factor, "Add"), "Add");
      return sum && near(sum.scalar, 1) ? scene.made(through(scene, sum.operand), core) : undefined;
    });
    if (!found) return undefined;
    if (!isPolynomial(found.inner, inner)) {
      return because(`the argument of ${core} is ${spell(found.inner)}, not ${said}`, found.core);
    }
    if (!near(found.constant, 0.5)) return because(`the factor is ${found.constant}, not ½`, found.core);
    const draft = new Draft(node, scene, found);
    return draft.ends(draft.op("Gelu", [found.x], { approximate }));
  },
});

const spell = (p: readonly number[]): string =>
  p.flatMap((c, i) => (c ? [`${Number(c.toPrecision(4))}${["", " x", " x²", " x³"][i] ?? ` x^${i}`}`] : [])).join(
    " + ",
  );

/** ½ x (1 + erf(x/√2)) → Gelu(x). */
export const geluErf = spelled({
  name: "gelu-erf",
  summary: "½ x (1 + erf(x/√2)) → Gelu(x)",
  core: "Erf",
  approximate: "none",
  inner: [0, Math.SQRT1_2],
  said: "x/√2",
});

/** ½ x (1 + tanh(√(2/π)(x + 0.044715 x³))) → Gelu(x), approximate = tanh. */
export const geluTanh = spelled({
  name: "gelu-tanh",
  summary: "½ x (1 + tanh(√(2/π)(x + 0.044715 x³))) → Gelu(x), approximate",
  core: "Tanh",
  approximate: "tanh",
  inner: [0, ROOT_TWO_OVER_PI, 0, 0.044715 * ROOT_TWO_OVER_PI],
  said: "√(2/π)(x + 0.044715 x³)",
});
