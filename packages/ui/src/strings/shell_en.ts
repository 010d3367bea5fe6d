/**
 * What the page's frame says, in English.
 *
 * @module
 */
export const shellEn = {
  text: "The text to explain",
  placeholder: "Write or paste a text",
  examples: "Try:",
  model: "Model",
  another: "Another model",
  folder: "A folder on this machine …",
  folderHint:
    "In Hugging Face's layout: config.json, tokenizer.json, onnx/model.onnx. You can also drop it on this page. Nothing is sent.",
  hub: "Or a hub id",
  load: "Load",
  drop: "Drop the model's folder here",
  methods: "Methods",
  several: (first: string, more: number) => `${first} and ${more} more`,
  cost: (passes: string) => `Cost: ${passes}`,
  options: "Options",
  target: "Question",
  against: (target: string, foil: string) => `${target}, not ${foil}`,
  why: "Why this answer",
  whyHint: "the model's answer",
  notThis: "and not this one",
  notThisHint: "nothing",
  said: "Explain each word of",
  saidHint: "what the model goes on to say",
  working: "Working …",
  cancel: "Cancel",
  loading: (file: string, done: string, of: string) => `Loading ${file}: ${done} of ${of}`,
  passes: (method: string, done: number, of: number) => `${method}: ${done} of ${of}`,
  heavy: (model: string, size: string) => `${model} has ${size}.`,
  heavyCost: (memory: string, seconds: string, tokens: number) =>
    `It will take about ${memory} of memory, and about ${seconds} for a text of ${tokens} tokens on this machine.`,
  heavyRisk: "That may be more than this browser gives to one tab.",
  loadIt: "Load it",
  whatIf: "What if it said something else?",
  whatIfHint:
    "Choose a word to take it out, mask it or swap it, or rewrite the text. Both texts are explained side by side.",
  changedText: "The changed text",
  wordTools: (word: string) => `Change “${word}”`,
  remove: "Take out",
  mask: "Mask",
  swap: "Swap",
  swapFor: "another word",
  keepChange: "Go on with this text",
  dropChange: "Back to one text",
  before: "Before",
  after: "After",
  shift: (before: string, after: string, same: boolean) =>
    same ? `The answer stays: ${before}, then ${after}.` : `The answer changes: ${before}, then ${after}.`,
  takeAlong: "Take it along:",
  kinds: { svg: "SVG", png: "PNG", csv: "CSV", json: "JSON", html: "Web page" },
  print: "Print",
  copyLink: "Copy link",
  copied: "Copied",
  history: "History",
  undo: "Undo",
  redo: "Redo",
  settings: "Settings",
  theme: "Colours",
  themes: { system: "As the system", light: "Light", dark: "Dark" },
  place: "Compute on",
  places: {
    processor: "this machine's processor",
    graphics: "this machine's graphics card",
    server: "the server of this page",
  },
  stays: "The text stays in this tab: model, prediction and explanation are computed here.",
  leaves: "The text is sent to the server this page came from.",
  threads: (count: number) => `${count} threads.`,
  oneThread:
    "One thread: this page is not isolated from others, so its threads may not share memory. It works, but takes longer.",
  webgpu: "WebGPU is there.",
  noWebgpu: "No WebGPU here: the processor does the work.",
  noSimd:
    "This browser's WebAssembly has no SIMD, so nothing can be computed here. Any browser from 2022 on has it; or choose the server under Settings.",
  language: "中文",
};

export type ShellStrings = typeof shellEn;
