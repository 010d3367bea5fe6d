import fc from "fast-check";
import { expect, test } from "vitest";
import { linkOf, questionOf } from "./permalink.ts";
import { first, LONGEST, type Question, questionFrom, requestFor } from "./question.ts";

const questions = fc.record<Question>({
  model: fc.string({ maxLength: 200 }),
  text: fc.string({ unit: "binary", maxLength: 300 }),
  methods: fc.array(
    fc.record({
      id: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/),
      options: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.oneof(fc.string(), fc.integer(), fc.boolean())),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  target: fc.string(),
  foil: fc.string(),
  said: fc.string(),
  changed: fc.option(fc.string(), { nil: undefined }),
});

test("a question comes back from its link as it was", async () => {
  await fc.assert(
    fc.asyncProperty(questions, async (question) => {
      const back = await questionOf(await linkOf(question));
      expect(JSON.parse(JSON.stringify(back))).toEqual(JSON.parse(JSON.stringify(question)));
    }),
    { numRuns: 60 },
  );
});

test("a long text makes a short link", async () => {
  const text = "It was a good film, and it was a long film. ".repeat(50);
  expect((await linkOf({ ...first, text })).length).toBeLessThan(text.length / 5);
});

test("a damaged link, or somebody else's, is no question", async () => {
  const link = await linkOf(first);
  for (const wrong of ["", "#", "#about", "#q=", "#q=!!!", `${link.slice(0, -9)}AAAA`, link.slice(0, 20)]) {
    expect(await questionOf(wrong), wrong).toBeUndefined();
  }
});

test("a link that unpacks to too much is refused before it is unpacked", async () => {
  expect(await questionOf(await linkOf({ ...first, text: "x".repeat(4_000_000) }))).toBeUndefined();
});

test("what a link holds is taken only in the form it must have", () => {
  const hostile = {
    model: ["x"],
    text: 7,
    methods: [null, { id: "<img>" }, { id: "lrp", options: { composite: "gamma", evil: { a: 1 } } }],
    changed: {},
    target: "y".repeat(LONGEST + 5),
  };
  const read = questionFrom(hostile);
  expect(read).toMatchObject({ model: first.model, text: first.text, changed: undefined });
  expect(read.methods).toEqual([{ id: "lrp", options: { composite: "gamma" } }]);
  expect(read.target).toHaveLength(LONGEST);
  expect(questionFrom("nothing")).toEqual(first);
});

test("a question becomes the core's request: labels, raw numbers, a span token by token", () => {
  const target = (part: Partial<Question>) => requestFor({ ...first, ...part }, "x").target;
  expect(target({})).toEqual({});
  expect(target({ target: "positive", foil: "#0" })).toEqual({ label: "positive", foil: 0 });
  expect(target({ target: "#1" })).toEqual({ index: 1 });
  expect(target({ said: "Mary .", target: "John" })).toEqual({ span: "Mary .", each: true });
});
