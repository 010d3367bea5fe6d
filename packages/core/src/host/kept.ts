/**
 * What was made under a key and is kept, as far as it was used of late. Texts come in many lengths and each has shapes and programs of
 * its own; a server would keep all of them otherwise.
 *
 * @module
 */

/** Things kept: texts of up to some sixty tokens by one method, or a few texts by every method, which takes about ten programs. */
const KEPT = 64;

export class Kept<T> {
  readonly #drop: (thing: T) => void;
  /** In the order of their last use. */
  readonly #things = new Map<string, Promise<T>>();

  /** @param drop what is to be done with what is not kept any longer */
  constructor(drop: (thing: T) => void = () => {}) {
    this.#drop = drop;
  }

  /** The thing of a key, made where it is not at hand. A failed attempt is forgotten, so that it can be tried again. */
  get(key: string, make: () => Promise<T>): Promise<T> {
    const before = this.#things.get(key), thing = before ?? make();
    this.#things.delete(key);
    this.#things.set(key, thing);
    if (before) return before;
    thing.catch(() => this.#things.get(key) === thing && this.#things.delete(key));
    if (this.#things.size > KEPT) {
      const [oldest, least] = this.#things.entries().next().value!;
      this.#things.delete(oldest);
      least.then(this.#drop, () => {});
    }
    return thing;
  }

  /** Everything that is kept, which is kept no longer. */
  async take(): Promise<T[]> {
    const things = [...this.#things.values()];
    this.#things.clear();
    return (await Promise.allSettled(things)).flatMap((found) => found.status === "fulfilled" ? [found.value] : []);
  }
}
