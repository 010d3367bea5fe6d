/**
 * What renderers say, in English. Another language is a file like this one and a line in `catalogue.ts`.
 *
 * @module
 */

export const en = {
  language: "en",
  /** Label in quotation marks. */
  quoted: (label: string) => `“${label}”`,
  why: (target: string) => `Why ${target}?`,
  whyNot: (target: string, foil: string) => `Why ${target} and not ${foil}?`,
  position: (at: number) => `at position ${at}`,
  answers: "What the model answers",
  methods: "Methods",
  method: "Method",
  model: "Model",
  text: "Text",
  scores: "Scores",
  token: "Token",
  word: "Word",
  score: "Score",
  layer: "Layer",
  head: "Head",
  from: "From",
  to: "To",
  rows: "Rows",
  columns: "Columns",
  specialTokens: "Special tokens",
  sources: { encoder: "encoder", decoder: "decoder" } as Readonly<Record<string, string>>,
  reading: "How to read this",
  tokenScores: {
    signed: (target: string) =>
      `Pieces marked + speak for ${target}, pieces marked − against it; the number says how strongly.`,
    unsigned: (target: string) =>
      `The higher the number, the more a piece of text bears on ${target}; the method does not tell for from against.`,
  },
  types: {
    "token-matrix": (rows: string, columns: string) =>
      `Each row is a token as “${rows}”, each column one as “${columns}”; the stronger the cell, the higher the score.`,
    "layer-head-grid": () => "The model's depth runs downwards; the stronger the cell, the higher the score.",
    "span-scores": () => "Each line is a run of tokens and what it contributes as a whole.",
    "counterfactuals": () => "Each line is a text close to yours that the model answers otherwise.",
    "corpus-summary": () => "Means over many explanations; an interval, where given, covers 95 %.",
    "model-card": () => "Facts about the model, read from its files.",
    "curve": () => "Each line is a function of the quantity on the horizontal axis.",
  },
  /** What a built-in method can and cannot say, by id. */
  caveats: {
    "attention": "Attention shows where the model looked, not whether that mattered for the answer.",
    "attention-rollout":
      "Rollout follows attention through the layers; it knows nothing of the target and of the values carried.",
    "attention-gradient": "Attention weighted by its gradient; only evidence for the target is kept.",
    "grad-cam": "Scores run from 0 to 1, the strongest piece being 1; evidence against the target is cut off.",
    "lrp": "Relevance is the target's value shared out over the text; the ledger says what went elsewhere.",
    "saliency": "How strongly a small change here would move the value; not what this piece contributed.",
    "input-x-gradient": "A first-order estimate of the contribution; in deep encoders often no better than chance.",
    "integrated-gradients": "The scores add up to the change from an empty baseline to the text.",
    "occlusion": "What happens to the value when this piece is masked, one at a time.",
  } as Readonly<Record<string, string>>,
  /** Titles of checks that the host makes, by id; others bring their own. */
  checks: {} as Readonly<Record<string, string>>,
  /** A fixed sentence of a check, a note or a section, as core and the built-in explainers write it, in this language. */
  told: (sentence: string): string => sentence,
  checksTitle: "How far to trust it",
  status: { passed: "passed", failed: "failed", measured: "measured" },
  ledger: {
    title: "Where the value went",
    value: "explained value",
    tokens: "tokens",
    bias: "biases",
    constant: "constants and position tables",
    softmax: "absorbed by softmax",
    epsilon: "stabiliser ε",
    quantisation: "integer arithmetic",
    nonlinear: "other non-linear operators",
    residual: "unaccounted",
    closed: "The books close: every part of the value is accounted for.",
    little: (share: string) =>
      `Only ${share} of the value reached the tokens: read the scores as an order, not as shares.`,
    open: (share: string) =>
      `The books do NOT close: ${share} of the value is unaccounted for, so do not rely on these scores.`,
  },
  notes: "Please note",
  cost: (total: string, forward: number, backward: number) =>
    `${total}, ${forward} forward and ${backward} backward ${forward + backward === 1 ? "pass" : "passes"}`,
  memory: (peak: string) => `${peak} memory`,
  ran: (runtime: string, provider: string) => `${runtime} (${provider})`,
  strongestPairs: "Strongest pairs",
  more: (count: number) => `and ${count} more; the JSON and CSV formats have them all`,
  documents: (count: number) => `${count} texts`,
  edits: "Changes",
  removed: "taken out",
  span: "Run of tokens",
  count: "Count",
  mean: "Mean",
  interval: "95 % interval",
  measure: "Measure",
  table: "As a table",
  compare: "Methods side by side",
  keyboard: "Arrow keys move from piece to piece.",
  legend: { against: "against", for: "for", none: "none", much: "much" },
  tooLarge: (cells: number) =>
    `This map has ${cells} cells and is too large for a page; the strongest pairs are listed.`,
  needsScript: "To choose a layer and head, allow this page's own script. The strongest pairs are listed below.",
  madeWith: (version: string) => `Made with Hyaline ${version}. This page loads nothing and sends nothing.`,
};

/** Every string a renderer needs. */
export type Catalogue = typeof en;
