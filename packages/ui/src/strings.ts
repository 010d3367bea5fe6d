/**
 * Every sentence of the page, in English and Chinese. Same keys in both: the type says so.
 *
 * @module
 */
const en = {
  title: "Why did the model say that?",
  label: "A sentence",
  explain: "Explain",
  working: "Working …",
  method: "Method",
  example: "A moving, funny and beautifully acted film.",
  says: (answer: string, share: string) => `The model says ${answer}, ${share} sure.`,
  signed:
    "Words marked + speak for the answer, words marked − against it. The stronger the colour, the more a word counts.",
  unsigned: "The stronger the colour, the more a word counts. This method does not tell for from against.",
  trust: "How far may I trust this?",
  passed: "passed",
  failed: "failed",
  measured: "measured",
  table: "The numbers",
  token: "Token",
  score: "Score",
  limits: "What this method cannot see",
  language: "中文",
};

export type Strings = typeof en;

const zh: Strings = {
  title: "模型为什么这么说？",
  label: "一句话",
  explain: "解释",
  working: "计算中……",
  method: "方法",
  example: "A moving, funny and beautifully acted film.",
  says: (answer, share) => `模型的回答是“${answer}”，把握 ${share}。`,
  signed: "标 + 的词支持这个回答，标 − 的词反对它。颜色越深，这个词越重要。",
  unsigned: "颜色越深，这个词越重要。此方法不区分支持与反对。",
  trust: "可以相信到什么程度？",
  passed: "通过",
  failed: "未通过",
  measured: "测得",
  table: "数值",
  token: "词元",
  score: "得分",
  limits: "此方法看不到什么",
  language: "English",
};

export const strings = { en, zh };
export type Language = keyof typeof strings;
