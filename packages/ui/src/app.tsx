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
import { Heatmap } from "./heatmap.tsx";
import { type Language, strings } from "./strings.ts";

const engine = tabEngine();
const language = signal<Language>(navigator.language.startsWith("zh") ? "zh" : "en");
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
  const t = strings[language.value], one = found.value, chosen = methods.value.find(({ id }) => id === method.value);
  useEffect(() => {
    document.documentElement.lang = language.value;
  }, [language.value]);
  useEffect(() => {
    engine.methods().then((list) => {
      methods.value = list.filter(({ output }) => output.includes("token-scores"));
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
      {one?.type === "token-scores"
        ? (
          <article>
            <p class="answer">
              {t.says(
                one.target.label ?? `#${one.target.index}`,
                `${Math.round(100 * (one.target.probability ?? 0))} %`,
              )}
            </p>
            <Heatmap explanation={one} t={t} />
            <h2>{t.trust}</h2>
            <ul>
              {one.diagnostics.checks.map((check) => (
                <li key={check.id}>
                  <b>{check.title}</b> ({t[check.status]}) {check.summary}
                </li>
              ))}
            </ul>
            {chosen
              ? (
                <>
                  <h2>{t.limits}</h2>
                  <p>{chosen.limits}</p>
                </>
              )
              : null}
            {one.diagnostics.notes.map((note) => <p key={note} class="legend">{note}</p>)}
          </article>
        )
        : null}
    </>
  );
}
