/**
 * Explanations as one page: a single file that opens offline, loads nothing, sends nothing, and admits only its own
 * style sheet and script, by their hashes.
 *
 * @module
 */
import { sha256 } from "@noble/hashes/sha2.js";
import type { Explanation, ExplanationOf } from "../../result/mod.ts";
import { describe } from "../describe.ts";
import { sameTokens } from "../groups.ts";
import { type Catalogue, catalogueOf } from "../locale.ts";
import { type Markup, markup, raw } from "../markup.ts";
import { percent } from "../numbers.ts";
import { escapeScriptJson } from "../safe.ts";
import { body } from "./body.ts";
import { script } from "./script.ts";
import { style } from "./style.ts";
import { comparison } from "./tokens.ts";
import { trust } from "./trust.ts";

const hashOf = (text: string): string =>
  `'sha256-${btoa(String.fromCharCode(...sha256(new TextEncoder().encode(text))))}'`;

/** The page's policy: nothing but what stands in it. */
export const contentSecurityPolicy = `default-src 'none'; style-src ${hashOf(style)}; script-src ${
  hashOf(script)
}; base-uri 'none'; form-action 'none'`;

/** A page of the explanations, with the explanations themselves inside as JSON (`#explanations`). */
export function renderHtml(explanations: readonly Explanation[], { locale = "en" }: { locale?: string } = {}): string {
  const say = catalogueOf(locale), groups = sameTokens(explanations);
  const question = describe(explanations[0]!, say).question;
  const notes = [...new Set(explanations.flatMap((explanation) => describe(explanation, say).notes))];
  return markup`<!doctype html>
<html lang="${say.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${raw(contentSecurityPolicy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${question}</title>
<style>${raw(style)}</style>
</head>
<body>
<main>
${groups.map((group, i) => section(group, groups[i - 1]?.[0], explanations, say))}
${
    notes.length > 0 &&
    markup`<aside class="notes" aria-label="${say.notes}">${notes.map((note) => markup`<p>${note}</p>`)}</aside>`
  }
</main>
${footer(explanations, say)}
<script type="application/json" id="explanations">${raw(escapeScriptJson(explanations))}</script>
<script>${raw(script)}</script>
</body>
</html>
`.source;
}

/** The question, the answers where the text is another than in the section before, and each method's picture, reading and checks. */
function section(
  group: readonly Explanation[],
  before: Explanation | undefined,
  all: readonly Explanation[],
  say: Catalogue,
): Markup {
  const { question, answers } = describe(group[0]!, say);
  const newText = !before || before.text !== group[0]!.text || before.model.id !== group[0]!.model.id;
  return markup`<section>
${!before ? markup`<h1>${question}</h1>` : markup`<h2>${question}</h2>`}
${
    newText && markup`<p class="soft">${group[0]!.model.id} · ${group[0]!.model.dtype}</p>
<ul class="answers" aria-label="${say.answers}">${
      answers.slice(0, 5).map(({ label, value, probability, explained }) =>
        markup`<li${explained && markup` class="this"`}><span>${label}</span><b>${
          probability === undefined ? value : percent(probability)
        }</b>${
          probability !== undefined &&
          markup`<svg class="bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect width="${
            (probability * 100).toFixed(2)
          }" height="6"/></svg>`
        }</li>`
      )
    }</ul>`
  }
${
    group.map((explanation) => {
      const words = describe(explanation, say);
      return markup`<article><h2>${words.method}</h2>
${body(explanation, all.indexOf(explanation), say)}
${words.reading.map((line) => markup`<p class="soft">${line}</p>`)}
${group.length === 1 && explanation.type === "token-scores" && comparison([explanation], say)}
${trust(words, say)}</article>`;
    })
  }
${group.length > 1 && comparison(group as ExplanationOf<"token-scores">[], say)}
</section>`;
}

function footer(explanations: readonly Explanation[], say: Catalogue): Markup {
  const { model, provenance } = explanations[0]!;
  const { cost } = describe(explanations.at(-1)!, say);
  return markup`<footer>
<dl><dt>${say.model}</dt><dd>${model.id}, ${model.dtype}, ONNX opset ${model.opset}</dd>
<dt>SHA-256</dt><dd>${model.sha256}</dd></dl>
<p>${cost}</p>
<p>${say.madeWith(provenance.core)} ${say.keyboard}</p>
</footer>`;
}
