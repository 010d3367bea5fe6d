/**
 * The line above the page: its name, back and forward, and how it looks and computes.
 *
 * @module
 */
import { visible } from "@hyaline/core/render";
import { useState } from "preact/hooks";
import { serverEngine } from "../engine/server.ts";
import { change } from "../state/asking.ts";
import { past, redo, steps, undo } from "../state/history.ts";
import { type Place, place, speak, type Theme, theme } from "../state/settings.ts";
import { language, t } from "../strings/mod.ts";
import { Menu } from "./menu.tsx";
import { support } from "./support.ts";

export function Top() {
  const words = t.value.shell, other = language.value === "en" ? "zh" : "en";
  return (
    <header class="top">
      <span class="name">Hyaline</span>
      <nav aria-label={words.history}>
        <button type="button" disabled={!steps.value.back} onClick={undo} aria-label={words.undo} title={words.undo}>
          ↶
        </button>
        <button type="button" disabled={!steps.value.forward} onClick={redo} aria-label={words.redo} title={words.redo}>
          ↷
        </button>
        {past.value.length > 1 ? <Past /> : null}
      </nav>
      <Settings />
      <button type="button" lang={other} onClick={() => speak(other)}>{words.language}</button>
    </header>
  );
}

function Past() {
  const words = t.value.shell;
  return (
    <Menu name={words.history}>
      <ol>
        {past.value.toReversed().slice(0, 30).map((question, i) => (
          <li key={i}>
            <button type="button" onClick={() => change(question)}>{visible(question.text.slice(0, 120))}</button>
          </li>
        ))}
      </ol>
    </Menu>
  );
}

function Settings() {
  const words = t.value.shell, [served, setServed] = useState(place.value === "server");
  const places: Place[] = [
    "processor",
    ...(support.webgpu ? ["graphics" as const] : []),
    ...(served ? ["server" as const] : []),
  ];
  return (
    <Menu
      name={words.settings}
      onOpen={() => void serverEngine(".").models().then(() => setServed(true), () => {})}
    >
      <div class="field">
        <label for="theme">{words.theme}</label>
        <select id="theme" value={theme.value} onChange={(event) => (theme.value = event.currentTarget.value as Theme)}>
          {(["system", "light", "dark"] as const).map((one) => (
            <option key={one} value={one}>{words.themes[one]}</option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="place">{words.place}</label>
        <select
          id="place"
          value={place.value}
          onChange={(event) => {
            place.value = event.currentTarget.value as Place;
            change({});
          }}
        >
          {places.map((one) => <option key={one} value={one}>{words.places[one]}</option>)}
        </select>
      </div>
      <ul class="support quiet">
        <li>{place.value === "server" ? words.leaves : words.stays}</li>
        <li>{support.threads > 1 ? words.threads(support.threads) : words.oneThread}</li>
        <li>{support.webgpu ? words.webgpu : words.noWebgpu}</li>
      </ul>
    </Menu>
  );
}

/** Without SIMD nothing can be computed here; all else only makes it slower. */
export function Missing() {
  const words = t.value.shell;
  return support.simd || place.value === "server" ? null : <p role="alert" class="problem">{words.noSimd}</p>;
}
