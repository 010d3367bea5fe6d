/**
 * Plugins of strangers: what one is and sees before it is added, which there are, and taking one away.
 *
 * @module
 */
import { visible } from "@hyaline/core/render";
import { useEffect, useRef } from "preact/hooks";
import type { PluginInfo } from "../engine/engine.ts";
import { plugins } from "../state/engines.ts";
import { agree, decline, offered, remove } from "../state/plugins.ts";
import { language, t } from "../strings/mod.ts";
import { FolderButton } from "./folder_button.tsx";

/** A plugin that waits for a yes; the focus goes there, wherever it was dropped. */
export function PluginOffer() {
  const words = t.value.shell.plugins, card = useRef<HTMLElement>(null), waits = offered.value;
  useEffect(() => card.current?.focus(), [waits]);
  if (!waits) return null;
  return (
    <section ref={card} class="heavy" tabIndex={-1} aria-label={words.offer}>
      <h2>{words.offer}</h2>
      <Facts info={waits.info} />
      <p>
        <button type="button" class="main" onClick={() => void agree()}>{words.add}</button>{" "}
        <button type="button" onClick={decline}>{words.decline}</button>
      </p>
    </section>
  );
}

/** What it gives, sees and may do. */
function Facts({ info }: { info: PluginInfo }) {
  const words = t.value.shell.plugins, kinds = words.evidence as Readonly<Record<string, string>>;
  const { title, version, license, methods, composites, needs, asks, files, from, sha256 } = info;
  const gives = [...methods.map(({ title, titles }) => titles[language.value] ?? title), ...composites];
  const rows = [
    [words.gives, gives.join(words.comma)],
    ...(needs.length ? [[words.sees, needs.map((kind) => kinds[kind] ?? kind).join(words.comma)]] : []),
    [words.network, asks.length ? words.asksFor(asks.join(words.comma)) : words.none],
    [words.from, words.holds(from, files)],
    ["SHA-256", sha256],
  ];
  return (
    <>
      <p>
        <b>{visible(title)}</b> {visible(`${version}, ${license}`)}
      </p>
      <dl class="facts">
        {rows.map(([name, told]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{visible(told!)}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

/** Those that were added, and how to add one. */
export function Plugins() {
  const words = t.value.shell.plugins;
  return (
    <div class="more">
      {plugins.value.length
        ? (
          <ul class="plugins" aria-label={words.added}>
            {plugins.value.map((info) => (
              <li key={info.id}>
                <details>
                  <summary>
                    {visible(info.title)} <span class="quiet">{info.version}</span>
                  </summary>
                  {info.problem ? <p class="problem">{visible(info.problem)}</p> : <Facts info={info} />}
                </details>
                <button type="button" onClick={() => void remove(info)}>
                  {words.remove}
                  <span class="unseen">: {visible(info.title)}</span>
                </button>
              </li>
            ))}
          </ul>
        )
        : null}
      <FolderButton label={words.folder} /> <FolderButton label={words.archive} accept=".tgz,.tar,.gz" />
      <p class="quiet">{words.hint}</p>
    </div>
  );
}
