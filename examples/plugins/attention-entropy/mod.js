/**
 * Entropy of a head: the mean over its rows of −Σ a log a, divided by log of how many tokens a row may look at.
 *
 * @type {import("@hyaline/core/plugin").Explain}
 */
function attentionEntropy({ attentions, attentionInfo }) {
  const heads = Math.max(...attentions.map(({ shape }) => shape[0]));
  const values = attentions.flatMap((attention) =>
    Array.from({ length: heads }, (_, head) => (head < attention.shape[0] ? entropy(attention, head) : 0))
  );
  return {
    type: "layer-head-grid",
    signed: false,
    data: {
      shape: [attentions.length, heads],
      axes: [{ name: "layer", labels: attentionInfo.map(({ name }) => name) }, { name: "head" }],
      values,
    },
  };
}

/** Rows that can look at one token only, as the first of a causal model, say nothing and are left out. */
function entropy({ shape: [, rows, columns], data }, head) {
  let sum = 0, counted = 0;
  for (let row = 0; row < rows; row++) {
    const weights = data.subarray((head * rows + row) * columns, (head * rows + row + 1) * columns).filter((weight) =>
      weight > 0
    );
    if (weights.length < 2) continue;
    sum -= weights.reduce((total, weight) => total + weight * Math.log(weight), 0) / Math.log(weights.length);
    counted++;
  }
  return counted === 0 ? 0 : Math.max(0, sum / counted);
}

export default { "attention-entropy": attentionEntropy };
