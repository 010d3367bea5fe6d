/**
 * Every sentence of the page, in English. What explanations themselves say is in core's catalogue.
 *
 * @module
 */
import { shellEn } from "./shell_en.ts";

export const en = {
  title: "Why did the model say that?",
  shell: shellEn,
  views: {
    explained: "explained here",
    certain: (share: string) => `${share} sure`,
    /** Under the text: what the piece under the pointer or the keyboard's focus says. */
    speaksFor: (label: string) => `speaks for ${label}`,
    speaksAgainst: (label: string) => `speaks against ${label}`,
    bearsOn: (label: string) => `bears on ${label}`,
    nothing: "bears on nothing here",
    unsure: "may be zero",
    unsureHint: "A dotted line marks scores that may be zero: their interval reaches across it.",
    share: (share: string) => `${share} of the explained value`,
    ofStrongest: (share: string) => `${share} of the strongest`,
    hint:
      "Point at a word, or walk with the arrow keys, to read its numbers. Click it, or press Enter, to see its pairs.",
    hintPlain: "Point at a word, or walk with the arrow keys, to read its numbers.",
    pairsOf: (word: string) => `What “${word}” was paired with`,
    noPairs: "Pairs are shown as soon as a method that scores pairs has run (attention, view “matrix”).",
    pairsFrom: (method: string) => `Row of this word, by ${method}`,
    unpin: "Back to the scores",
    numbers: "Show all numbers",
    table: "As a table",
    textWithScores: "The text with its scores",
    /** Contrast. */
    forAnswer: (label: string) => `For ${label}`,
    nothingFor: "Nothing in the text speaks for it.",
    andMore: (count: number) => `and ${count} weaker`,
    /** Ledger. */
    line: "Where to",
    shareColumn: "Share",
    lines: {
      value: "The number that is explained: a logit, or the difference of two",
      tokens: "What arrived at the words of the text, special tokens included",
      bias: "What the model adds whatever the text says: its biases",
      constant: "What constants drew: position tables, masks",
      softmax: "What the softmaxes inside the attentions kept",
      epsilon: "What the small number that keeps divisions stable swallowed",
      quantisation: "What rounding to integers added or took",
      nonlinear: "What operators took that the rules do not conserve through",
      residual: "What no line accounts for; rounding, if it is small",
    },
    /** Comparison. */
    agreementTitle: "Do the methods agree?",
    agreementHow:
      "Rank correlation: 1 means the same order of words, 0 none in common, −1 the opposite. Methods that disagree cannot all be right.",
    agreementLevels: { high: "much alike", some: "partly", little: "hardly", against: "opposed" },
    sharedTop: (shared: number, most: number) => `${shared} of the ${most} strongest shared`,
    noOrder: "no order",
    /** Heads, maps, curves. */
    input: "Input",
    headsHint: "Each picture is one head: rows look at columns. Choose one to enlarge it.",
    allHeads: "All layers and heads",
    asLines: "As lines",
    rowOf: (word: string) => `The text as “${word}” sees it`,
    rowHint: (word: string) => `Coloured by the row of “${word}”. Choose another word to see its row.`,
    heatmapHint: "Point at a cell to read it. Ctrl and the wheel zoom, dragging moves.",
    heatmapKeys: "Arrow keys move from cell to cell, + and − zoom, 0 shows all of it.",
    zoom: "Zoom",
    zoomIn: "Closer",
    zoomOut: "Farther",
    zoomWhole: "Whole",
    curveHint: "Point at the curve, or use the arrow keys, to read it.",
    noChanges: "No text close to yours changes the answer.",
    targetNow: (value: string) => `explained value ${value}`,
    /** Walk-through. */
    followHint: "Choose a word and follow its row through every step.",
    followRow: "Row to follow",
    steps: "Steps",
    before: "Back",
    next: "Next step",
    /** Generated text. */
    generatedTitle: "What the model wrote",
    generatedHint: "Choose a word that the model wrote to see what it was written for.",
    /** Trust. */
    trust: "How far may I trust this?",
    allPassed: (count: number) => `Passed ${count === 1 ? "the check that was made" : `all ${count} checks`}.`,
    someFailed: (count: number) => `Failed ${count === 1 ? "a check" : `${count} checks`}: read the scores with care.`,
    onlyMeasured: "Measured, without a pass mark.",
    noChecks: "No check was made.",
    whatThisMeans: "What does this ask?",
    tryStability: "Try small changes of the text",
    blind: "What this method cannot see",
    learn: "Read more about the method",
    cost: (told: string) => `Took ${told}.`,
    about: {
      deletion:
        "The words with the highest scores are masked and the model is asked again. If the answer did not need them, the value hardly falls, and the scores point at the wrong words. Masking as many random words is the yardstick.",
      ledger:
        "The explained value is shared out like money. What reached the words and what went elsewhere must add up to the whole. If it does not, something was lost on the way and the scores are not to be relied on.",
      agreement:
        "Methods look at the model in different ways. Where they put the words in the same order, the finding does not hang on one method's assumptions. Agreement is no proof: methods can share a blind spot.",
      completeness:
        "Integrated gradients promise that the scores add up to the change from an empty text to this one. A large gap means too few steps, or a baseline that does not suit the model.",
      quadrature: "The method adds up many small steps. This is the estimated error of that sum.",
      fidelity:
        "The method puts a simple model in place of the real one, near this text. R² says how much of the real model's behaviour the simple one follows. If it is low, the scores tell of the simple model only.",
      evaluations: "How often the model was asked. More questions make estimates more exact.",
      softmax:
        "The weights are computed again from the vectors shown and compared with those the model used. A small difference means that the steps shown are the steps taken.",
      "deletion-area":
        "The faster the value falls when the most relevant words go first, the better the order. The area between that curve and random order is measured; chance would give zero.",
      stability:
        "Words that count for little are left out one at a time, and the text is explained again. A stable explanation keeps the other words in the same order.",
    },
    /** Architecture. */
    architecture: "How this model is built",
    architectureHint: "Read from the file's own graph: from your text at the bottom to the answer at the top.",
    blocks: {
      "embedding": "Embedding",
      "attention": "Attention",
      "cross-attention": "Cross-attention",
      "feed-forward": "Feed-forward",
      "recurrent": "Recurrent",
      "convolution": "Convolution",
      "layer": "Layer",
      "head": "Output",
    },
    functions: {
      Softmax: "softmax",
      Gelu: "GELU",
      Relu: "ReLU",
      Silu: "SiLU",
      Tanh: "tanh",
      LayerNormalization: "layer norm",
      RMSNormalization: "RMS norm",
    },
    headsOf: (heads: string, width: string) => `${heads} heads × ${width}`,
    outputs: (count: string) => `${count} outputs`,
    wide: (width: string) => `${width} wide`,
    answer: "the answer",
    yourText: "your text",
    parametersIn: (count: string) => `${count} parameters`,
    byBlock: "Relevance by block",
    byBlockHint:
      "What arrives above a block came through it, or past it. What is kept was drawn by biases, norms and softmaxes in the block; the rest is handed on to what lies below.",
    block: "Block",
    arrives: "Arrives",
    through: "Through it",
    past: "Past it",
    kept: "Kept",
    pastBlock: (block: string) => `past ${block}`,
    afterBlock: (block: string) => `after ${block}`,
    byLayer: "Relevance by layer",
    byLayerHint:
      "What passes from one layer to the next. A sum that changes was drawn by biases and softmaxes in between.",
    sumOf: "Sum",
    sizeOf: "Size",
  },
};

export type Strings = typeof en;
