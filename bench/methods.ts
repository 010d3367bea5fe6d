/**
 * The methods that studies compare.
 *
 * @module
 */

/** They read the model's inside: one forward pass, at most a few backward. */
export const whiteBox: readonly string[] = [
  "attnlrp",
  "cp-lrp",
  "epsilon",
  "gamma",
  "integrated-gradients",
  "input-x-gradient",
  "saliency",
  "grad-cam",
  "attention",
  "attention-rollout",
  "attention-gradient",
];

/** They ask for answers alone. */
export const blackBox: readonly string[] = ["occlusion", "shap", "shapley-sampling", "lime"];
