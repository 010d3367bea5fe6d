/**
 * From question to answer: what is asked now, what came of it, how far it is.
 *
 * @module
 */
import { batch, computed, signal } from "@preact/signals";
import type { Explanation } from "@hyaline/core/result";
import type { Weight } from "../engine/estimate.ts";
import { engine } from "./engines.ts";
import { record } from "./history.ts";
import { first, type Question, requestFor } from "./question.ts";

/** What is on the page: the answers to `question`, and to its changed text. */
export interface Shown {
  readonly question: Question;
  readonly explanations: readonly Explanation[];
  readonly changed: readonly Explanation[];
  /** False while further methods are still at work. */
  readonly whole: boolean;
}

/** Something that takes its time: a file that is loaded, or a method at its passes. */
export interface Going {
  readonly what: { readonly file: string } | { readonly method: string };
  readonly done: number;
  readonly of: number;
}

export const question = signal<Question>(first);
/** Parts of the question by themselves: what shows one of them is drawn anew only when that one changes. */
export const part = {
  text: computed(() => question.value.text),
  model: computed(() => question.value.model),
  methods: computed(() => question.value.methods),
  target: computed(() => question.value.target),
  foil: computed(() => question.value.foil),
  said: computed(() => question.value.said),
  changed: computed(() => question.value.changed),
};
export const shown = signal<Shown | undefined>(undefined);
/** Whether what is shown answers an earlier question. */
export const old = computed(() => shown.value?.question !== question.value);
export const problem = signal<unknown>(undefined);
export const busy = signal(false);
export const going = signal<Going | undefined>(undefined);
/** A model that waits for a person's yes. */
export const heavy = signal<
  { readonly model: string; readonly weight: Weight; readonly seconds: number } | undefined
>(undefined);

/** Models of more bytes are not loaded without a yes. */
const HEAVY = 100e6;
const agreed = new Set<string>();

let timer: ReturnType<typeof setTimeout> | undefined, running = new AbortController();

/** Changes the question and asks it, after `wait` milliseconds without another change. */
export function change(part: Partial<Question>, wait = 0): void {
  question.value = { ...question.value, ...part };
  clearTimeout(timer);
  timer = setTimeout(() => void ask(), wait);
}

/** Gives up what is under way, at once. */
export function stop(): void {
  clearTimeout(timer);
  running.abort();
  engine.value.cancel();
  busy.value = false;
  going.value = undefined;
}

/** Loads the model that waits, whatever it weighs. */
export function agree(): void {
  if (heavy.value) agreed.add(heavy.value.model);
  heavy.value = undefined;
  void ask();
}

/** Whether the model may be loaded; else `heavy` says why not. A model whose weight cannot be told is tried. */
async function light(model: string): Promise<boolean> {
  if (agreed.has(model)) return true;
  const { weigh, seconds } = engine.value, weight = await weigh?.(model);
  heavy.value = weight && seconds && weight.bytes > HEAVY
    ? { model, weight, seconds: await seconds(weight.weights) }
    : undefined;
  if (!heavy.value) agreed.add(model);
  return !heavy.value;
}

async function ask(): Promise<void> {
  running.abort();
  const mine = running = new AbortController(), asked = question.value, { signal } = mine;
  const current = (): boolean => mine === running;
  if (asked.text.trim() === "") {
    return batch(() => {
      shown.value = problem.value = going.value = undefined;
      busy.value = false;
    });
  }
  busy.value = true;
  const show = (part: Partial<Shown>): void => {
    if (!current()) return;
    const before = shown.value?.question === asked ? shown.value : undefined;
    shown.value = { explanations: [], changed: [], whole: false, question: asked, ...before, ...part };
  };
  const explain = (text: string, into: "explanations" | "changed") => {
    const found: Explanation[] = [];
    return engine.value.explain(requestFor(asked, text), {
      signal,
      progress(method, done, of) {
        if (current()) going.value = { what: { method }, done, of };
      },
      loading(file, done, of) {
        if (current()) going.value = { what: { file }, done, of };
      },
      partial(explanation) {
        found.push(explanation);
        show({ [into]: [...found] });
      },
    });
  };
  try {
    if (!await light(asked.model) || signal.aborted) return;
    show({ explanations: await explain(asked.text, "explanations") });
    if (asked.changed?.trim()) show({ changed: await explain(asked.changed, "changed") });
    show({ whole: true });
    if (current()) {
      problem.value = undefined;
      await record(asked);
    }
  } catch (error) {
    if (current() && !signal.aborted) problem.value = error;
  } finally {
    if (current()) {
      busy.value = false;
      going.value = undefined;
    }
  }
}
