/**
 * Fixed sentences of checks, notes and sections in Chinese. Explainers write English; what is not found here stays as it was written.
 *
 * @module
 */

type Rule = readonly [said: RegExp, told: string | ((...found: string[]) => string)];

const strongest = (words: string): string =>
  /^the (\d+)/.exec(words) ? `最强的 ${/\d+/.exec(words)![0]} 个词元` : "最强的词元";

const rules: readonly Rule[] = [
  // Checks of the host
  [
    /^Without (the .*?) the value (falls|rises) by (.+); without random ones it changes by (.+) on average$/,
    (_, words, way, by, other) =>
      `去掉${strongest(words!)}后，值${way === "falls" ? "下降" : "上升"} ${by}；去掉随机词元时平均变化 ${other}`,
  ],
  [
    /^Token relevance and the named leaks add up to the value; (.+) is rounding$/,
    "词元的相关性与列出的去向加起来等于该值；$1 为舍入误差",
  ],
  [/^(.+) of (.+) is unaccounted for: read these scores with care$/, "$2 中有 $1 没有去处：请谨慎看待这些分数"],
  [
    /^([^;]+): rank correlation (\S+), (\d+) of the (\d+) strongest tokens shared$/,
    "$1：等级相关 $2，最强的 $4 个词元中有 $3 个相同",
  ],
  // Checks of built-in explainers
  [
    /^The scores sum to (.+); the target rises by (.+) from the "(.+)" baseline to the text(?:, a gap of (.+))?$/,
    (_, sum, rise, baseline, gap) =>
      `分数之和为 ${sum}；从基线“${baseline}”到该文本，目标上升 ${rise}${gap ? `，相差 ${gap}` : ""}`,
  ],
  [
    /^With (\d+) steps the integral is off by an estimated (.+), summed over tokens$/,
    "取 $1 步时，积分误差估计为 $2（各词元之和）",
  ],
  [
    /^The linear model explains (.+) % of what the model's answers vary by near the text \(R², weighted\); at the text itself it says (.+), the model (.+)$/,
    "线性模型解释了文本附近模型回答变化的 $1 %（加权 R²）；在该文本处它给出 $2，模型给出 $3",
  ],
  [
    /^(\d+) distinct inputs were tried; from the empty text to this one the target rises by (.+)$/,
    "试过 $1 个不同的输入；从空文本到此文本，目标上升 $2",
  ],
  [
    /^(\d+) distinct inputs were tried; samples: (.+)$/,
    (_, inputs, samples) =>
      `试过 ${inputs} 个不同的输入；样本：${samples === "all of them" ? "全部" : samples === "none" ? "无" : samples}`,
  ],
  [
    /^softmax\(Q Kᵀ · (.+)\) differs from the model's own weights by at most (.+)$/,
    "softmax(Q Kᵀ · $1) 与模型自身的权重最多相差 $2",
  ],
  [
    /^After (\d+) small changes (?:of the text )?the scores of the other words keep a rank correlation of at least (.+); the answer stays in (\d+) of (\d+)$/,
    "做 $1 处小改动后，其余词的分数的等级相关至少为 $2；$4 次中有 $3 次回答不变",
  ],
  // Notes
  [/^LRP is patented; .*/, "LRP 受专利保护；其参考实现（LXT）的作者允许个人和科研免费使用。其他用途请先征得他们同意"],
  [/^The text was cut: (\d+) tokens at its end were not read$/, "文本被截断：末尾 $1 个词元没有读入"],
  [
    /^The first token draws (\d+) % of the absolute relevance: .*/,
    "第一个词元占去相关性绝对值的 $1 %：许多模型把注意力停放在那里，请只在其余词元之间比较",
  ],
  [
    /^The answer is read from several positions: this is the mean of their rows$/,
    "回答由多个位置读出：这里是各行的平均",
  ],
  [/^The row is read at the class token, .*/, "该行在分类词元处读出，它位于这些词元之前，此处未显示"],
  [/^Rollout is defined for one source: .*/, "注意力展开只对单一来源有定义：交叉注意力在此视为带跳跃连接的又一层"],
  [/^No attention speaks for the target: .*/, "没有任何注意力支持该目标：注意力与梯度的乘积都不大于零"],
  [/^Scores of different sources are on scales of their own: .*/, "不同来源的分数各有尺度：请只在同一来源内比较词元"],
  [
    /^After layer "(.+)" the answer is read from one token alone: .*/,
    "在层“$1”之后，回答只从一个词元读出：其余位置的梯度为零，此图无法显示它们。请选择更早的层",
  ],
  [/^No token speaks for the target in this map: .*/, "此图中没有词元支持该目标：全部在零以下，被 ReLU 截去"],
  [
    /^Most scores are near zero because a norm follows the embeddings, .*/,
    "多数分数接近零，因为嵌入之后紧跟归一化，而归一化感觉不到输入的大小：剩下的数值不要解读。AttnLRP 可以穿过归一化",
  ],
  [/^The target's derivative is zero at every token: .*/, "目标对每个词元的导数都为零：此处没有任何东西取决于文本"],
  [
    /^The scores miss the difference they should add up to: give more than (\d+) steps, .*/,
    "分数之和没有达到应有的差：请用多于 $1 步，或换一个基线（在“zero”处归一化会跳变，再多步也跟不上）",
  ],
  [
    /^More happens to the scores before the softmax than is shown here, .*/,
    "softmax 之前分数还经过了此处未显示的处理，例如位置偏置或上限",
  ],
  [/^The budget covers every coalition: .*/, "预算足以覆盖所有组合：这些就是夏普利值本身"],
  [
    /^Some neighbours share the score of their group, .*/i,
    "一些相邻的词共用所在组的分数，因为并非所有组都被拆开；每个区间从零到该组的全部",
  ],
  [
    /^(\d+) (coalitions|samples) are too few for (\d+) units: no interval is known$/,
    "$1 个样本对 $3 个单元太少：无法给出区间",
  ],
  [
    /^The interval of each score is (.+) %, from (\d+) (?:coalitions|samples) by White's formula$/,
    "每个分数的区间为 $1 %，由 $2 个样本按 White 公式得出",
  ],
  [
    /^The interval of each score is Student's, at (.+) %, from (\d+) (pairs of an order and its reverse|orders)$/,
    (_, level, count, kind) =>
      `每个分数的区间为 ${level} %（Student t），由 ${count} ${kind === "orders" ? "个次序" : "对次序及其逆序"}得出`,
  ],
  [/^One order was finished: no interval is known$/, "只完成了一个次序：无法给出区间"],
  [/^There is no token to take away: .*/, "没有可以去掉的词元：全部是特殊词元"],
  [
    /^The budget of (\d+) evaluations is too small for (\d+) units one by one: (\d+) neighbours are taken away at once and share their score$/,
    "$1 次运行的预算不足以逐个去掉 $2 个单元：每次同时去掉相邻的 $3 个，它们共用一个分数",
  ],
  [
    /^(The budget of (\d+) evaluations was spent|Stopped after (\d+) evaluations): (.*)$/,
    (_, _why, budget, after, what) =>
      `${budget ? `${budget} 次运行的预算已用完` : `运行 ${after} 次后停止`}：${lacking(what!)}`,
  ],
  [
    /^Taking away the most relevant tokens first lies (.+) (below|above) random order on average over the curve$/,
    (_, by, side) => `先去掉最相关的词元，曲线平均比随机次序${side === "below" ? "低" : "高"} ${by}`,
  ],
  // Curves
  [/^Share of tokens taken away$/, "已去掉的词元所占比例"],
  [/^Value of the target$/, "目标的值"],
  [/^Most relevant first$/, "先去掉最相关的"],
  [/^Least relevant first$/, "先去掉最不相关的"],
  [/^Random order \(mean of (\d+)\)$/, "随机次序（$1 次平均）"],
  [/^Way from the baseline to the text$/, "从基线到文本的路程"],
  [/^Along the straight line$/, "沿直线"],
  // Sections of the walk-through
  [/^Query of head (\S+), layer (\S+)$/, "第 $2 层第 $1 个头的查询 Q"],
  [/^Key$/, "键 K"],
  [/^Value$/, "值 V"],
  [/^Scores: query · key × (.+)$/, "分数：查询 · 键 × $1"],
  [/^Weights: softmax of each row$/, "权重：逐行 softmax"],
  [/^Sum of each row of weights$/, "每行权重之和"],
  [/^Output: weights · value$/, "输出：权重 · 值"],
];

/** What a result lacks because it ended early. */
const lacks: readonly Rule[] = [
  [
    /^only the first (\d+) of (\d+) units were measured, the others show zero$/,
    "$2 个单元中只测了前 $1 个，其余显示为零",
  ],
  [/^more (?:coalitions|samples|evaluations) make the intervals narrower$/, "更多运行会使区间变窄"],
  [/^no coalition was tried, .*/, "没有试过任何组合，各单元平分差值；无法给出区间"],
  [/^not one order was finished, .*/, "没有完成任何一个次序，各单元平分差值；无法给出区间"],
  [/^the regression has more unknowns than samples$/, "回归的未知数多于样本"],
];

function by(rules: readonly Rule[], sentence: string): string | undefined {
  const rule = rules.find(([said]) => said.test(sentence));
  return rule && sentence.replace(rule[0], rule[1] as string);
}
const lacking = (what: string): string => by(lacks, what) ?? told(what);

/** A fixed sentence in Chinese; several joined by "; " one by one. Any other stays as it is. */
export function told(sentence: string): string {
  const whole = by(rules, sentence), parts = sentence.split("; ").map((part) => by(rules, part));
  return whole ?? (parts.every((part) => part !== undefined) ? parts.join("；") : sentence);
}
