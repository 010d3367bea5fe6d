/**
 * The page: a sentence, a method, and why.
 *
 * @module
 */
import { signal } from "@preact/signals";
import type { Explanation } from "@hyaline/core/result";
import { useEffect } from "preact/hooks";
import { type MethodInfo, Refused } from "./engine/engine.ts";
import { tabEngine } from "./engine/tab.ts";
import { language, say, strings, t as words } from "./strings/mod.ts";
import { Result } from "./views/mod.ts";

const engine = tabEngine();
const text = signal(strings.en.example);
const method = signal("lrp");
const methods = signal<readonly MethodInfo[]>([]);
const found = signal<Explanation | undefined>(undefined);
const problem = signal<Refused | Error | undefined>(undefined);
const busy = signal(false);
let running = new AbortController();

/** Asks again; an answer still on its way is given up. */
async function ask(): Promise<void> {
  running.abort();
  const mine = running = new AbortController();
  busy.value = true;
  try {
    found.value = (await engine.explain({ input: { text: text.value }, methods: [{ id: method.value }] }, mine))[0];
    problem.value = undefined;
  } catch (error) {
    if (!mine.signal.aborted) problem.value = error as Error;
  } finally {
    if (mine === running) busy.value = false;
  }
}

export function App() {
  const t = words.value, one = found.value;
  useEffect(() => {
    document.documentElement.lang = say.value.language;
  }, [language.value]);
  useEffect(() => {
    engine.methods().then((list) => {
      methods.value = list;
      return ask();
    }).catch((error) => (problem.value = error));
  }, []);
  const title = (m: MethodInfo): string => m.titles[language.value] ?? m.title;
  return (
    <>
      <header>
        <h1>{t.title}</h1>
        <button
          type="button"
          lang={language.value === "en" ? "zh" : "en"}
          onClick={() => (language.value = language.value === "en" ? "zh" : "en")}
        >
          {t.language}
        </button>
      </header>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void ask();
        }}
      >
        <label for="text">{t.label}</label>
        <textarea id="text" rows={2} value={text.value} onInput={(event) => (text.value = event.currentTarget.value)} />
        <label for="method">{t.method}</label>
        <select
          id="method"
          value={method.value}
          onChange={(event) => {
            method.value = event.currentTarget.value;
            void ask();
          }}
        >
          {methods.value.map((m) => <option key={m.id} value={m.id}>{title(m)}</option>)}
        </select>
        <button type="submit" disabled={text.value.trim() === ""}>{t.explain}</button>
        <span role="status">{busy.value ? t.working : ""}</span>
      </form>
      {problem.value
        ? <p role="alert">{problem.value.message}{problem.value instanceof Refused ? `. ${problem.value.hint}` : ""}</p>
        : null}
      {one ? <Result explanations={[one]} methods={new Map(methods.value.map((m) => [m.id, m]))} /> : null}
    </>
  );
}
