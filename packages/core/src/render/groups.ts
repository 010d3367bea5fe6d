/**
 * Which explanations belong side by side.
 *
 * @module
 */
import type { Explanation } from "../result/mod.ts";

const sameText = (a: Explanation, b: Explanation): boolean =>
  a.target.index === b.target.index && a.target.foil?.index === b.target.foil?.index &&
  Boolean(a.words) === Boolean(b.words) &&
  a.tokens.length === b.tokens.length && a.tokens.every(({ id, source }, i) =>
    id === b.tokens[i]!.id && source === b.tokens[i]!.source
  );

/** Token scores of the same tokens for the same target stand together; every other explanation alone. Order is kept. */
export function sameTokens(explanations: readonly Explanation[]): Explanation[][] {
  const groups: Explanation[][] = [];
  for (const explanation of explanations) {
    const home = explanation.type === "token-scores" &&
      groups.find(([first]) => first!.type === "token-scores" && sameText(first!, explanation));
    if (home) home.push(explanation);
    else groups.push([explanation]);
  }
  return groups;
}
