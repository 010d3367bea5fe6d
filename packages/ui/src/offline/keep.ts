/**
 * Makes the page work without a network. Begun once there is an answer, so that it never stands in the way of the first one.
 *
 * @module
 */
import { effect } from "@preact/signals";
import { shown } from "../state/asking.ts";

/** Browsers offer no service worker over plain HTTP; the page then needs its host, as any page does. */
export function keepWhenAnswered(): void {
  const stop = effect(() => {
    if (!shown.value?.whole) return;
    void navigator.serviceWorker?.register(new URL("sw.js", document.baseURI)).catch(() => {});
    queueMicrotask(() => stop());
  });
}
