/**
 * A composite says which modifier each operator's rule gets. It is data: a list in which the first match wins.
 *
 * @module
 */
import { z } from "zod";
import attnlrp from "./composites/attnlrp.json" with { type: "json" };
import cpLrp from "./composites/cp-lrp.json" with { type: "json" };
import epsilon from "./composites/epsilon.json" with { type: "json" };
import gamma from "./composites/gamma.json" with { type: "json" };
import gradient from "./composites/gradient.json" with { type: "json" };
import inputXGradient from "./composites/input-x-gradient.json" with { type: "json" };

const oneOrMore = <T extends z.ZodType>(of: T) => z.union([of, z.array(of).min(1)]);

/** How a message is changed on its way through an operator; see modifiers.ts for the algebra. */
export const modifierName = z.enum([
  "gradient",
  "detach",
  "identity",
  "uniform",
  "epsilon",
  "gamma",
  "zplus",
  "alphabeta",
]);

/** What an operator is in its surroundings; see roles.ts. */
export const roleName = z.enum(["gate", "weights", "bilinear"]);

const entry = z.strictObject({
  match: z.strictObject({
    /** ONNX operator names; absent means any. */
    op: oneOrMore(z.string()).optional(),
    role: roleName.optional(),
    /** A part of the node's name. */
    name: z.string().optional(),
  }),
  use: modifierName,
  options: z.strictObject({
    epsilon: z.number().positive(),
    gamma: z.number().nonnegative(),
    alpha: z.number(),
    beta: z.number(),
  }).partial().optional(),
});

export const compositeSchema = z.strictObject({
  $schema: z.string().optional(),
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  title: z.string(),
  summary: z.string(),
  references: z.array(z.string()).default([]),
  /** Whether the explained value equals token relevance plus the ledger's lines. The compiler checks what is declared. */
  conserves: z.boolean(),
  rules: z.array(entry),
});

export type Composite = z.infer<typeof compositeSchema>;
export type CompositeEntry = Composite["rules"][number];
export type ModifierName = z.infer<typeof modifierName>;
export type Role = z.infer<typeof roleName>;

const builtIn = [gradient, inputXGradient, epsilon, attnlrp, cpLrp, gamma].map((json) => compositeSchema.parse(json));

/** The composites that come with the core, by id. */
export const composites: ReadonlyMap<string, Composite> = new Map(
  builtIn.map((composite) => [composite.id, composite]),
);

/** Puts a person's own entries before a composite's: they win. */
export const prepend = (entries: readonly CompositeEntry[], composite: Composite): Composite => ({
  ...composite,
  rules: [...entries, ...composite.rules],
});
