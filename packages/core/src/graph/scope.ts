/**
 * Names while functions and branches are inlined: each body gets a scope that says what its names become outside.
 *
 * @module
 */
import type { AttributeProto, GraphProto, NodeProto } from "onnx-buf";

/** Where a body's names and attribute references are looked up. */
export interface Scope {
  /** Names this body declares → names in the graph. */
  readonly names: Map<string, string>;
  /** The body around a branch. A function sees nothing outside itself. */
  readonly outer?: Scope;
  /** What `ref_attr_name` refers to, inside a function. */
  readonly attributes?: ReadonlyMap<string, AttributeProto>;
  /** Set in the graph itself, where a name stands for itself. */
  readonly top?: true;
}

/** What a body's name is in the graph; `undefined` where nothing declares it. */
export function resolve(scope: Scope, name: string): string | undefined {
  for (let at: Scope | undefined = scope; at; at = at.outer) {
    const found = at.names.get(name);
    if (found !== undefined) return found;
    if (at.top) return name;
  }
  return undefined;
}

/** Attribute references a scope can answer. */
export function references(scope: Scope): ReadonlyMap<string, AttributeProto> | undefined {
  for (let at: Scope | undefined = scope; at; at = at.outer) if (at.attributes) return at.attributes;
  return undefined;
}

/** A node's attributes with references replaced by the caller's values; those the caller left out are left out. */
export function resolvedAttributes(node: NodeProto, scope: Scope): AttributeProto[] {
  const given = references(scope);
  return node.attribute.flatMap((attribute) => {
    if (!attribute.refAttrName) return [attribute];
    const value = given?.get(attribute.refAttrName);
    return value ? [amended(value, { name: attribute.name })] : [];
  });
}

/** Names a sub-graph declares itself. */
export const declared = (graph: GraphProto): Set<string> =>
  new Set([
    ...graph.input.map(({ name }) => name),
    ...graph.initializer.map(({ name }) => name),
    ...graph.node.flatMap(({ output }) => output),
  ]);

/** Outer names a sub-graph reads, its own sub-graphs included, in order of use. */
export function captures(graph: GraphProto): string[] {
  const own = declared(graph), found = new Set<string>();
  const read = (name: string) => name && !own.has(name) && found.add(name);
  for (const node of graph.node) {
    node.input.forEach(read);
    for (const { g, graphs } of node.attribute) {
      for (const inner of g ? [g, ...graphs] : graphs) captures(inner).forEach(read);
    }
  }
  for (const { name } of graph.output) read(name);
  return [...found];
}

/** A sub-graph whose captured names and attribute references are those of the graph it now lies in. */
export function rescoped(graph: GraphProto, scope: Scope): GraphProto {
  const own: Scope = { names: new Map([...declared(graph)].map((name) => [name, name])), outer: scope };
  const renamed = (name: string) => name && (resolve(own, name) ?? name);
  return amended(graph, {
    node: graph.node.map((node) =>
      amended(node, {
        input: node.input.map(renamed),
        attribute: resolvedAttributes(node, scope).map((attribute) => rescopedAttribute(attribute, own)),
      })
    ),
    output: graph.output.map((output) => amended(output, { name: renamed(output.name) })),
  });
}

/** {@link rescoped}, for each sub-graph of an attribute. */
export const rescopedAttribute = (attribute: AttributeProto, scope: Scope): AttributeProto =>
  amended(attribute, {
    ...(attribute.g ? { g: rescoped(attribute.g, scope) } : {}),
    graphs: attribute.graphs.map((inner) => rescoped(inner, scope)),
  });

/** A message with some fields replaced. Defaults of unset fields live on the prototype, so a spread would lose them. */
const amended = <M extends object>(message: M, fields: Partial<M>): M =>
  Object.assign(Object.create(Object.getPrototypeOf(message)), message, fields);
