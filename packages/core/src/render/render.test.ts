import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { leaked } from "../result/mod.ts";
import {
  colourOf,
  contentSecurityPolicy,
  contrast,
  levelOf,
  levels,
  locales,
  renderCsv,
  renderHtml,
  renderSvg,
  renderText,
  textOn,
  visible,
} from "./mod.ts";
import { cells } from "./text/layout.ts";
import { golden, payloads, sample, scored } from "./testing.ts";

// deno-lint-ignore no-control-regex
const escapes = /\x1b\[[0-9;]*m/g;

/** Every text field that comes from outside carries the payload. */
function poisoned(payload: string) {
  const explanation = scored("a b c", (i) => i - 1);
  explanation.text = payload.repeat(3);
  explanation.tokens.forEach((token, i) =>
    Object.assign(token, { text: payload, start: i * payload.length, end: (i + 1) * payload.length })
  );
  explanation.tokens[0]!.special = true;
  explanation.tokens[1]!.source = payload;
  explanation.model.id = explanation.model.dtype = payload;
  explanation.target.label = payload;
  explanation.target.foil = { index: 0, label: payload, value: 0 };
  explanation.predictions[0]!.label = payload;
  explanation.method = { id: payload, composite: payload, options: { layer: payload } };
  explanation.diagnostics.checks[0] = { id: payload, title: payload, status: "failed", summary: payload };
  explanation.diagnostics.notes = [payload];
  explanation.provenance.runtime = explanation.provenance.core = explanation.provenance.provider = payload;
  const matrix = sample("token-matrix"), grid = sample("layer-head-grid");
  matrix.data.axes = [payload, payload];
  matrix.tokens = matrix.tokens.map((token) => ({ ...token, text: payload, start: 0, end: 0 }));
  grid.data.axes[0]!.labels = grid.data.axes[0]!.labels!.map(() => payload);
  return [explanation, matrix, grid];
}

describe("colour", () => {
  test("text on every level reads at 4.5 to 1 or better, light and dark", () => {
    for (const theme of ["light", "dark"] as const) {
      for (let score = -1; score <= 1; score += 1 / 64) {
        const background = colourOf(score, theme);
        expect(contrast(background, textOn(background)), `${theme} ${score}`).toBeGreaterThanOrEqual(4.5);
      }
    }
  });

  test("opposite scores differ in hue: orange speaks for, purple against", () => {
    for (const theme of ["light", "dark"] as const) {
      const [red, , blue] = colourOf(0.8, theme), [red2, , blue2] = colourOf(-0.8, theme);
      expect(red).toBeGreaterThan(blue + 60);
      expect(blue2).toBeGreaterThan(red2 + 20);
    }
  });

  test("scores beyond the scale keep to its ends", () => {
    expect([levelOf(-7), levelOf(0), levelOf(7)]).toEqual([-levels, 0, levels]);
    expect(colourOf(9)).toEqual(colourOf(1));
  });
});

describe("text", () => {
  test("says answer, words with sign and bar, ledger and checks without a single escape", () => {
    const text = renderText([scored("I love dull films", (i) => [0.3, 1.5, -0.75, 0][i]!)]);
    expect(text).not.toMatch(escapes);
    expect(text.split("\n").slice(0, 10).join("\n")).toMatchInlineSnapshot(`
      "
        sentiment-en int8
        ▸ positive     98.7 %  ███████████████████████████████▋
          negative      1.3 %  ▍

        Why “positive”?  lrp

          I     love   dull  films
        +0.30  +1.50  −0.75   0.00
          +▂     +█     −▄"
    `);
    for (const part of ["Where the value went", "✓ The books close", "Deletion (passed)", "• LRP is patented"]) {
      expect(text).toContain(part);
    }
  });

  test("colour adds nothing but colour: stripped of it the text is the same", () => {
    const explanations = golden();
    for (const colour of ["ansi256", "truecolour"] as const) {
      const coloured = renderText(explanations, { colour });
      expect(coloured).toMatch(escapes);
      expect(coloured.replace(escapes, "").replace(/ +$/gm, "")).toBe(renderText(explanations).replace(/ +$/gm, ""));
    }
  });

  test("negative pieces are underlined where there is colour", () => {
    const line = renderText([scored("good bad", (i) => (i ? -1 : 1))], { colour: "ansi256" });
    // deno-lint-ignore no-control-regex
    expect(line).toMatch(/\x1b\[4;38;5;\d+;48;5;\d+m *bad/);
    // deno-lint-ignore no-control-regex
    expect(line).toMatch(/\x1b\[38;5;\d+;48;5;\d+m *good/);
  });

  test("no line is wider than the terminal, Chinese and emoji counted as two", () => {
    const text = "这部电影很好看 🎉👩‍👩‍👧 but é the ending is weak and long ".repeat(4).trim();
    for (const locale of locales) {
      for (const width of [56, 80, 121]) {
        for (
          const line of renderText([scored(text, Math.sin), scored(text, Math.cos, { id: "grad-cam" })], {
            width,
            locale,
          }).split("\n")
        ) {
          if (!line.includes("onnxruntime-web")) expect(cells(line), line).toBeLessThanOrEqual(width);
        }
      }
    }
  });

  test("scores stand under their words even between wide characters", () => {
    const lines = renderText([scored("我 love 编", (i) => i + 1)]).split("\n");
    const at = lines.findIndex((line) => line.includes("love"));
    const column = (line: string, part: string) => cells(line.slice(0, line.indexOf(part))) + cells(part) / 2;
    expect(Math.abs(column(lines[at]!, "love") - column(lines[at + 1]!, "+2.00"))).toBeLessThanOrEqual(1);
    expect(Math.abs(column(lines[at]!, "编") - column(lines[at + 1]!, "+3.00"))).toBeLessThanOrEqual(1);
  });

  test("methods of the same tokens stand below each other, others apart", () => {
    const text = renderText([
      scored("a b", () => 1),
      scored("a b", () => 0.5, { id: "grad-cam", signed: false }),
      sample("curve"),
    ]);
    expect(text.match(/Why “positive”\?/g)).toHaveLength(2);
    expect(text).toMatch(/lrp +\+1\.00 +\+1\.00\n.*\ngrad-cam +0\.500? +0\.500?/);
  });

  test("an open ledger is said aloud with the share that is missing", () => {
    const explanation = sample("token-scores"), ledger = explanation.diagnostics.ledger!;
    Object.assign(ledger, { tokens: 1, closed: false });
    ledger.residual = ledger.value - ledger.tokens - leaked(ledger);
    for (const output of [renderText([explanation]), renderHtml([explanation])]) {
      expect(output).toContain("do NOT close: 48.0 % of the value");
    }
  });

  test("closed books of which little reached the tokens say so", () => {
    const explanation = sample("token-scores"), ledger = explanation.diagnostics.ledger!;
    expect(renderText([explanation])).not.toContain("Only");
    ledger.leaks.softmax += ledger.tokens - 0.25;
    ledger.tokens = 0.25;
    expect(renderText([explanation]).replace(/\s+/g, " ")).toContain("Only 10.0 % of the value reached the tokens");
  });

  test("sub-words are joined as the result says: sums for relevance, the strongest for Grad-CAM", () => {
    const explanation = sample("token-scores");
    expect(renderText([explanation])).toContain("+0.28"); // 0.5 − 0.22
    explanation.data.join = "max";
    expect(renderText([explanation])).toContain("+0.50");
  });

  test("a map writes sign and tenths, a dot for little, and leaves out what all names have in common", () => {
    const grid = sample("layer-head-grid");
    grid.data.axes[0]!.labels = ["/model/embed/out", "/model/layer.0/out", "/model/layer.1/out"];
    expect(renderText([grid]).split("\n").slice(7, 11).join("\n")).toMatchInlineSnapshot(`
      "              [CLS]  I love program ming [SEP]
          embed/out     · +1   +9      +3   −1     ·
        layer.0/out    +1 +1   +8      +3    ·     ·
        layer.1/out    +9  ·   +3       ·    ·"
    `);
  });

  test("every sentence exists in Chinese", () => {
    const chinese = renderText([sample("token-scores")], { locale: "zh-CN" });
    for (const part of ["为什么是“positive”？", "值去了哪里", "账目平衡", "请注意", "特殊词元"]) {
      expect(chinese).toContain(part);
    }
    expect(renderHtml([sample("token-scores")], { locale: "zh" })).toContain('<html lang="zh-Hans">');
  });

  test("titles of curves and sections, and notes, are told in the page's language in every form", () => {
    const curve = sample("curve"), card = sample("model-card");
    curve.data.x.title = "Share of tokens taken away";
    curve.data.y.title = "Value of the target";
    curve.data.series[0]!.title = "Random order (mean of 8)";
    card.data.sections[0]!.title = "Weights: softmax of each row";
    card.diagnostics.notes = ["The text was cut: 3 tokens at its end were not read"];
    for (const render of [renderText, renderSvg, renderHtml]) {
      const chinese = render([curve], { locale: "zh" }), sections = render([card], { locale: "zh" });
      for (const title of ["已去掉的词元所占比例", "目标的值", "随机次序（8 次平均）"]) {
        expect(chinese).toContain(title);
      }
      expect(sections).toContain("权重：逐行 softmax");
      if (render !== renderSvg) expect(sections).toContain("文本被截断：末尾 3 个词元没有读入"); // a drawing has no notes
      expect(render([curve])).toContain("Share of tokens taken away");
    }
  });

  test("negative numbers in sentences have a real minus sign; names, ranges and powers of ten keep theirs", () => {
    const explanation = sample("token-scores");
    explanation.diagnostics.checks[0]!.summary = "-0.5 of -3.1 (-2), a gap of -4 %: 1.2e-7 in layer-3, words 5-9";
    for (const locale of ["en", "zh"]) {
      expect(renderText([explanation], { locale, width: 100 })).toContain(
        "−0.5 of −3.1 (−2), a gap of −4 %: 1.2e-7 in layer-3, words 5-9",
      );
    }
  });
});

describe("html", () => {
  const page = renderHtml(golden());

  test("the policy names the hashes of exactly the style sheet and script in the page", () => {
    const hash = (tag: string) => {
      const [, content] = page.match(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`))!;
      return `'sha256-${createHash("sha256").update(content!).digest("base64")}'`;
    };
    expect(page).toContain(`<meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy}">`);
    expect(contentSecurityPolicy).toBe(
      `default-src 'none'; style-src ${hash("style")}; script-src ${
        hash("script")
      }; base-uri 'none'; form-action 'none'`,
    );
  });

  test("nothing in it needs the network, an inline style or an inline handler", () => {
    const outside = page.replace(/<script type="application\/json"[\s\S]*?<\/script>/, "");
    expect(outside).not.toMatch(/\s(?:src|href|srcset|action)=|url\(|@import|\sstyle=|\son[a-z]+="/);
  });

  test("the table says how far an estimate may be off", () => {
    const explanation = scored("good film", (i) => 1 - i);
    Object.assign(explanation.data, { low: [0.8, -0.1], high: [1.3, 0.1] });
    expect(renderHtml([explanation])).toContain("+1.00 ± 0.30</span>");
  });

  test("it carries the explanations themselves, unchanged", () => {
    const [, json] = page.match(/<script type="application\/json" id="explanations">([\s\S]*?)<\/script>/)!;
    expect(JSON.parse(json!)).toEqual(golden());
  });
});

describe("csv", () => {
  /** RFC 4180, slowly. */
  const parse = (csv: string): string[][] => {
    const rows: string[][] = [[""]];
    let quoted = false;
    for (let i = 0; i < csv.length; i++) {
      const row = rows.at(-1)!, c = csv[i]!;
      if (quoted && c === '"' && csv[i + 1] === '"') row[row.length - 1] += csv[++i]!;
      else if (c === '"') quoted = !quoted;
      else if (!quoted && c === ",") row.push("");
      else if (!quoted && c === "\r" && csv[i + 1] === "\n") rows.push([""]), i++;
      else row[row.length - 1] += c;
    }
    return rows.slice(0, -1);
  };

  test("one row a score, the same columns for every result type", () => {
    const explanations = golden(), [header, ...rows] = parse(renderCsv(explanations));
    expect(new Set(rows.map((row) => row.length))).toEqual(new Set([header!.length]));
    const value = header!.indexOf("value"), type = header!.indexOf("type");
    const scores = rows.filter((row) => row[type] === "layer-head-grid").map((row) => Number(row[value]));
    expect(scores).toEqual(explanations.flatMap((e) => (e.type === "layer-head-grid" ? e.data.values : [])));
  });

  test("negative numbers stay numbers", () => {
    expect(renderCsv([sample("token-scores")])).toMatch(/,-0\.22,,\r\n/);
  });

  test.each(payloads)("no text cell begins like a formula: %j", (payload) => {
    const [header, ...rows] = parse(renderCsv(poisoned(payload)));
    const numeric = new Set(
      ["index", "to_index", "start", "end", "special", "x", "value", "low", "high"].map((name) =>
        header!.indexOf(name)
      ),
    );
    for (const row of rows) {
      expect(row).toHaveLength(header!.length);
      row.forEach((cell, i) => numeric.has(i) || expect(cell).not.toMatch(/^\s*[=+\-@|%]|^[\t\r\n]/));
    }
  });
});

describe("payloads", () => {
  test.each(payloads)("%j reaches a terminal as visible characters only", (payload) => {
    // deno-lint-ignore no-control-regex
    const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]|\p{Cs}/u;
    expect(renderText(poisoned(payload))).not.toMatch(control);
    expect(renderText(poisoned(payload), { colour: "truecolour" }).replace(escapes, "")).not.toMatch(control);
    expect(visible(visible(payload))).toBe(visible(payload));
  });

  test.each(payloads)("%j opens no tag in HTML and SVG", (payload) => {
    const tags = (source: string) =>
      [...source.matchAll(/<\/?([a-z][a-z0-9]*)/gi)].map(([, name]) => name!.toLowerCase());
    const html = renderHtml(poisoned(payload)), svg = renderSvg(poisoned(payload));
    expect(tags(html).filter((tag) => tag === "script")).toHaveLength(4);
    for (const name of ["img", "iframe", "math", "base", "a"]) expect(tags(html + svg)).not.toContain(name);
    expect(tags(svg)).not.toContain("script");
    expect(html.match(/<meta /g)).toHaveLength(4);
  });
});
