/**
 * A page that shows views and nothing else: tests and the script of the screenshots hand it explanations through `show`.
 *
 * @module
 */
import { render } from "preact";
import { useState } from "preact/hooks";
import type { Inspection } from "@hyaline/core";
import type { Explanation } from "@hyaline/core/result";
import { type Language, language, say } from "../src/strings/mod.ts";
import { Architecture, type Method, Result } from "../src/views/mod.ts";
import "./gallery.css";

/** What to show; `added` are explanations that arrive when a word's pairs are asked for. */
export interface Scene {
  readonly explanations: readonly Explanation[];
  readonly methods: readonly Method[];
  readonly language?: Language;
  readonly theme?: "light" | "dark";
  readonly added?: readonly Explanation[];
  /** How the model is built, shown in place of what was explained. */
  readonly inspection?: Pick<Inspection, "architecture" | "labels">;
}

declare global {
  var show: (scene: Scene) => void;
}

function Page({ explanations, methods, inspection, added = [] }: Scene) {
  const [asked, ask] = useState(false), more = asked ? added : [];
  if (inspection) {
    const relevance = explanations.find((one) => one.type === "layer-head-grid");
    return (
      <div class="result">
        <Architecture built={inspection.architecture} labels={inspection.labels} relevance={relevance} />
      </div>
    );
  }
  return (
    <Result
      explanations={[...explanations, ...more]}
      methods={new Map(methods.map((method) => [method.id, method]))}
      onPairs={added.length ? () => ask(true) : undefined}
    />
  );
}

let shown = 0;
globalThis.show = (scene) => {
  language.value = scene.language ?? "en";
  document.documentElement.lang = say.value.language;
  document.documentElement.style.colorScheme = scene.theme ?? "light";
  render(<Page key={shown++} {...scene} />, document.getElementById("app")!);
};
