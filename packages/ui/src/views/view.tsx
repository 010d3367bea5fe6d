/**
 * One picture for each result type: a plugin that returns one of them is drawn without the page knowing the plugin.
 *
 * @module
 */
import type { ExplanationOf, ResultType } from "@hyaline/core/result";
import type { ComponentType } from "preact";
import { Card } from "./card.tsx";
import { Changes } from "./changes.tsx";
import { Corpus } from "./corpus.tsx";
import { CurveView } from "./curve.tsx";
import { Grid } from "./grid.tsx";
import { PairMatrix } from "./pair_matrix.tsx";
import type { Pairs } from "./pairs.ts";
import { Spans } from "./spans.tsx";
import { TokensView } from "./tokens.tsx";

export interface ViewProps<T extends ResultType = ResultType> {
  readonly explanation: ExplanationOf<T>;
  /** Scores between the same tokens, if some method gave them. */
  readonly pairs?: Pairs | undefined;
  /** Asks for such scores. */
  readonly onPairs?: (() => void) | undefined;
}

const views: { readonly [T in ResultType]: ComponentType<ViewProps<T>> } = {
  "token-scores": TokensView,
  "token-matrix": PairMatrix,
  "layer-head-grid": Grid,
  "span-scores": Spans,
  "counterfactuals": Changes,
  "corpus-summary": Corpus,
  "model-card": Card,
  "curve": CurveView,
};

export function View(props: ViewProps) {
  const Picture = views[props.explanation.type] as unknown as ComponentType<ViewProps>;
  return <Picture {...props} />;
}
