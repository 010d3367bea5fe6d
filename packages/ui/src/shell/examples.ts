/**
 * Texts to begin with, for the models that come along. They stay in the model's language.
 *
 * @module
 */
const sentiment = [
  "A moving, funny and beautifully acted film.",
  "Not a single dull minute, but no heart either.",
  "The plot is thin, yet I could not look away.",
];
const examples: Readonly<Record<string, readonly string[]>> = {
  "sentiment-en": sentiment,
  "sentiment-lstm": sentiment,
  "ioi-lm": ["When Mary and John went to the store, John gave a drink to", "The keys near the cabinet"],
};

export const examplesOf = (model: string): readonly string[] => examples[model] ?? [];
