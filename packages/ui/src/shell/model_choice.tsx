/**
 * Which model: one that comes along, a folder of this machine, or a hub id.
 *
 * @module
 */
import { visible } from "@hyaline/core/render";
import { useId, useState } from "preact/hooks";
import { change, part } from "../state/asking.ts";
import { offer, offered } from "../state/engines.ts";
import { t } from "../strings/mod.ts";
import { FolderButton } from "./folder_button.tsx";
import { bytesIn } from "./quantities.ts";

export function ModelChoice() {
  const id = useId(), words = t.value.shell, [hub, setHub] = useState("");
  const chosen = part.model.value, known = offered.value;
  const listed = known.some(({ name }) => name === chosen) ? known : [...known, { name: chosen, bytes: 0 }];
  const choose = (model: string): void => change({ model, target: "", foil: "", said: "", changed: undefined });
  return (
    <fieldset>
      <legend class="unseen">{words.model}</legend>
      <label for={id} class="unseen">{words.model}</label>
      <select id={id} value={chosen} onChange={(event) => choose(event.currentTarget.value)}>
        {listed.map(({ name, bytes }) => (
          <option key={name} value={name}>{visible(name) + (bytes ? ` (${bytesIn(bytes)})` : "")}</option>
        ))}
      </select>
      <details>
        <summary>{words.another}</summary>
        <p class="quiet">{words.folderHint}</p>
        <FolderButton label={words.folder} />
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (!hub.trim()) return;
            offer({ name: hub.trim(), bytes: 0 });
            choose(hub.trim());
          }}
        >
          <label for={`${id}-hub`} class="quiet">{words.hub}</label>
          <span class="joined">
            <input
              id={`${id}-hub`}
              placeholder="org/name"
              autocomplete="off"
              spellcheck={false}
              value={hub}
              onInput={(event) => setHub(event.currentTarget.value)}
            />
            <button type="submit">{words.load}</button>
          </span>
        </form>
      </details>
    </fieldset>
  );
}
