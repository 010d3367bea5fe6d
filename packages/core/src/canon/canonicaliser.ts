/**
 * What a canonicaliser is: one way an exporter or an optimizer writes an operator, and the operators rules know instead.
 *
 * A canonicaliser is asked about each node that could make the last tensor of its pattern. It answers with a draft of new
 * nodes, with the reason why what looks like its pattern is not, or with nothing. The last tensor keeps its name in the file.
 *
 * @module
 */
import type { Node } from "../graph/graph.ts";
import type { Draft } from "./draft.ts";
import type { Scene } from "./scene.ts";

/** Why a canonicaliser did not fire on what looks like its pattern. */
export interface Refusal {
  readonly because: string;
  /** The node that made it look; forgotten if another rewrite takes that node. */
  readonly at: Node;
}

export interface Canonicaliser {
  readonly name: string;
  /** The algebra, in a line. */
  readonly summary: string;
  /** Operators that may make the last tensor of the pattern. */
  readonly at: readonly string[];
  rewrite(node: Node, scene: Scene): Draft | Refusal | undefined;
}

/** A refusal. */
export const because = (reason: string, at: Node): Refusal => ({ because: reason, at });

/** What {@link canonicalise} did, for `hyaline inspect --canon`. */
export interface Report {
  readonly fired: readonly { readonly name: string; readonly node: string }[];
  readonly refused: readonly { readonly name: string; readonly node: string; readonly because: string }[];
}
