/**
 * Questions that were answered, as the browser's own history: back is undo, and the address is always a link to what is shown.
 *
 * @module
 */
import { signal } from "@preact/signals";
import { linkOf, questionOf } from "./permalink.ts";
import type { Question } from "./question.ts";

/** Steps back and forward that are left. */
export const steps = signal({ back: 0, forward: 0 });
/** Questions of this visit, oldest first. */
export const past = signal<readonly Question[]>([]);

/** A text that is still being typed makes one step, not many. */
const TYPING = 2000;
let at = 0, top = 0, last: Question | undefined, when = -Infinity;

const count = (): void => {
  steps.value = { back: at, forward: top - at };
};
const same = (a: Question, b: Question): boolean => JSON.stringify(a) === JSON.stringify(b);
const onlyText = (a: Question, b: Question): boolean => same({ ...a, text: b.text, changed: b.changed }, b);

/** Makes an answered question the present one. */
export async function record(question: Question): Promise<void> {
  if (last && same(last, question)) return;
  const link = await linkOf(question), now = performance.now();
  if (last && !(onlyText(last, question) && now - when < TYPING)) {
    history.pushState({ at: ++at }, "", link);
    past.value = [...past.value.slice(0, at), question];
  } else {
    history.replaceState({ at }, "", link);
    past.value = [...past.value.slice(0, at), question];
  }
  top = at;
  [last, when] = [question, now];
  count();
}

/**
 * Calls `restore` with the question of the address now, and whenever back or forward change it.
 *
 * @returns whether the address held one
 */
export async function follow(restore: (question: Question) => void): Promise<boolean> {
  at = top = (history.state as { at?: number } | null)?.at ?? 0;
  addEventListener("popstate", ({ state }) => {
    at = (state as { at?: number } | null)?.at ?? 0;
    top = Math.max(top, at);
    count();
    void questionOf(location.hash).then((question) => {
      if (question) restore(last = question);
    });
  });
  const linked = await questionOf(location.hash);
  count();
  if (linked) restore(linked);
  return linked !== undefined;
}

export const undo = (): void => history.back();
export const redo = (): void => history.forward();
