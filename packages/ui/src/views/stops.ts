/**
 * Walking through a picture with the keyboard: one stop is in the tab order, arrow keys, Home and End move on.
 *
 * @module
 */
import { useRef, useState } from "preact/hooks";

export interface Stops<E extends HTMLElement> {
  /** For the element that holds the stops. */
  readonly container: { readonly ref: { current: E | null }; readonly onKeyDown: (event: KeyboardEvent) => void };
  /** For stop `i`. */
  stop(i: number): { readonly "data-stop": number; readonly tabIndex: 0 | -1; readonly onFocus: () => void };
}

/** @param across stops in a row, where they stand in a table: then ↑ and ↓ move by a row */
export function useStops<E extends HTMLElement>(count: number, { across = 1 }: { across?: number } = {}): Stops<E> {
  const ref = useRef<E | null>(null), [current, setCurrent] = useState(0), now = Math.min(current, count - 1);
  const steps: Record<string, number> = {
    ArrowRight: now + 1,
    ArrowLeft: now - 1,
    ArrowDown: now + across,
    ArrowUp: now - across,
    Home: 0,
    End: count - 1,
  };
  return {
    container: {
      ref,
      onKeyDown(event) {
        const next = steps[event.key];
        if (next === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
        event.preventDefault();
        if (next < 0 || next >= count) return;
        setCurrent(next);
        ref.current?.querySelector<HTMLElement>(`[data-stop="${next}"]`)?.focus();
      },
    },
    stop: (i) => ({ "data-stop": i, tabIndex: i === now ? 0 : -1, onFocus: () => setCurrent(i) }),
  };
}
