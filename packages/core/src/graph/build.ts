/**
 * `ModelProto` → {@link Graph}: local functions are expanded, branches whose condition is known are inlined, `Constant`
 * nodes become constants, and what is left is a list of operators in topological order.
 *
 * @module
 */
import type { FunctionProto, GraphProto, ModelProto, NodeProto } from "onnx-buf";
import { controlFlow, malformedModel, typeUnsupported } from "../errors.ts";
import { attributeOf } from "../onnx/attributes.ts";
import { constantOf, type Elsewhere } from "../onnx/tensors.ts";
import { type Attribute, type Constant, constant, type Graph, type Node } from "./graph.ts";
import { constantNode } from "./constant_node.ts";
import { checkExpansion } from "./expansion.ts";
import { captures, declared, rescopedAttribute, resolve, resolvedAttributes, type Scope } from "./scope.ts";
import { port } from "./port.ts";
import { sorted } from "./sorted.ts";
import type { Tensor } from "./tensor.ts";
import { truth } from "./truth.ts";

export interface BuildOptions extends Elsewhere {
  /** Inputs fixed to a value: they become constants, and an `If` on one is inlined (`use_cache_branch`). */
  readonly pinned?: ReadonlyMap<string, Tensor>;
}

export interface Built {
  readonly graph: Graph;
  /**
   * True where the graph is not the file node for node: a function was expanded, a branch inlined, an input pinned.
   * To tap what lies inside, run `encodeGraph(graph)` in place of the file (`openGraph` does).
   */
  readonly rewritten: boolean;
}

/**
 * Builds the graph of a decoded, bounded model.
 *
 * `graph.inFile` holds what the file can give as outputs. Constants are not read here.
 *
 * @throws MODEL_MALFORMED, MODEL_TOO_LARGE (nested functions), TYPE_UNSUPPORTED, CONTROL_FLOW
 */
export function buildGraph(model: ModelProto, options: BuildOptions = {}): Built {
  if (!model.graph) throw malformedModel("it holds no graph");
  return new Builder(model, model.graph, options).build();
}

/** The standard domain has two spellings. */
const plain = (domain: string): string => (domain === "ai.onnx" ? "" : domain);
const signature = (domain: string, name: string, overload: string): string => `${plain(domain)}:${name}:${overload}`;
/** Nodes after functions are expanded. */
const mostNodes = 200_000;

class Builder {
  readonly #file: GraphProto;
  readonly #options: BuildOptions;
  readonly #functions: Map<string, FunctionProto>;
  readonly #opsets: Map<string, number>;
  readonly #nodes: Node[] = [];
  readonly #made = new Map<string, Node>();
  readonly #constants = new Map<string, Constant>();
  /** Names taken, and how often each was asked for. */
  readonly #names = new Map<string, number>();
  #rewritten = false;

  constructor(model: ModelProto, file: GraphProto, options: BuildOptions) {
    this.#file = file;
    this.#options = options;
    this.#functions = new Map(model.functions.map((f) => [signature(f.domain, f.name, f.overload), f]));
    this.#opsets = new Map(model.opsetImport.map(({ domain, version }) => [plain(domain), Number(version)]));
  }

  build(): Built {
    const file = this.#file,
      pinned = this.#options.pinned ?? new Map<string, Tensor>(),
      top: Scope = { names: new Map(), top: true };
    checkExpansion(file.node, (node) => this.#called(node), mostNodes);
    for (const name of declared(file)) this.#names.set(name, 1);
    this.#initializers(file, top);
    for (const { name } of file.input) {
      const value = pinned.get(name);
      if (!value) continue;
      this.#constants.set(name, constant(value));
      this.#rewritten = true;
    }
    // Before format 4 every initializer is listed among the inputs as well.
    const inputs = file.input.filter(({ name }) => !this.#constants.has(name)).map((info) => port(info, true));
    for (const node of file.node) this.#node(node, top);
    const outputs = file.output.map((info) => port(info, false));
    const nodes = sorted(this.#nodes, new Set([...inputs.map(({ name }) => name), ...this.#constants.keys()]));
    for (const { name } of outputs) {
      if (!this.#made.has(name) && !this.#constants.has(name) && !inputs.some((i) => i.name === name)) {
        throw malformedModel(`nothing makes output "${name}"`);
      }
    }
    const inFile = new Set(
      file.node.filter(({ opType }) => opType !== "Constant").flatMap(({ output }) =>
        output.filter((name) => name && this.#made.has(name))
      ),
    );
    return {
      graph: { inputs, outputs, nodes, constants: this.#constants, inFile, opsets: this.#opsets },
      rewritten: this.#rewritten,
    };
  }

  #called = ({ domain, opType, overload }: NodeProto): FunctionProto | undefined =>
    this.#functions.get(signature(domain, opType, overload));

  #initializers(graph: GraphProto, scope: Scope): void {
    if (graph.sparseInitializer.length) {
      throw typeUnsupported("sparse tensor", graph.sparseInitializer[0]?.values?.name ?? "");
    }
    for (const tensor of graph.initializer) {
      this.#constant(resolve(scope, tensor.name)!, constantOf(tensor, this.#options));
    }
  }

  #constant(name: string, value: Constant): void {
    if (this.#constants.has(name) || this.#made.has(name)) throw malformedModel(`"${name}" is made twice`);
    this.#constants.set(name, value);
  }

  #node(node: NodeProto, scope: Scope): void {
    const input = (name: string): string => {
      const found = name === "" ? "" : resolve(scope, name);
      if (found === undefined) throw malformedModel(`node "${node.name}" reads "${name}", which nothing makes`);
      return found;
    };
    const inputs = node.input.map(input), outputs = node.output.map((name) => name && resolve(scope, name)!);
    const called = this.#called(node);
    if (called) return this.#call(called, { node, inputs, outputs, scope });
    const attributes = resolvedAttributes(node, scope), domain = plain(node.domain);
    if (node.opType === "Constant" && domain === "") {
      return this.#constant(outputs[0]!, constantNode(attributes, node.name, this.#options));
    }
    const graphs = attributes.filter(({ g, graphs }) => g || graphs.length);
    if (node.opType === "If" && domain === "") {
      const taken = truth(inputs[0]!, this.#constants, this.#made);
      const branch = taken === undefined
        ? undefined
        : graphs.find(({ name }) => name === (taken ? "then_branch" : "else_branch"))?.g;
      if (branch) return this.#branch(branch, { node, outputs, scope });
    }
    for (const { g, graphs: list } of graphs) {
      for (const graph of g ? [g, ...list] : list) this.#refuseCalls(graph, node);
    }
    const captured = [...new Set(graphs.flatMap(({ g, graphs }) => (g ? [g, ...graphs] : graphs).flatMap(captures)))];
    this.#push({
      op: node.opType,
      domain,
      name: scope.top ? node.name : this.#fresh(`${node.name || node.opType}`, outputs[0] ?? ""),
      inputs: [...inputs, ...captured.map(input)],
      outputs,
      attributes: this.#attributes(attributes.filter((a) => !graphs.includes(a))),
      ...(graphs.length
        ? { closed: { arity: inputs.length, graphs: graphs.map((a) => rescopedAttribute(a, scope)) } }
        : {}),
    });
  }

  #attributes(protos: readonly Parameters<typeof attributeOf>[0][]): Record<string, Attribute> {
    return Object.fromEntries(protos.map((proto) => [proto.name, attributeOf(proto, this.#options)]));
  }

  /** Expands a call: formal inputs stand for the caller's tensors, formal outputs take the names the caller gave. */
  #call(body: FunctionProto, { node, inputs, outputs, scope }: Site & { inputs: readonly string[] }): void {
    this.#rewritten = true;
    for (const { domain, version } of body.opsetImport) {
      const mine = this.#opsets.get(plain(domain));
      if (mine === undefined) this.#opsets.set(plain(domain), Number(version));
      else if (mine !== Number(version) && plain(domain) === "") {
        throw malformedModel(`function "${body.name}" is written for operator set ${version}, the model for ${mine}`);
      }
    }
    const given = new Map(body.attributeProto.map((attribute) => [attribute.name, attribute]));
    for (const attribute of resolvedAttributes(node, scope)) given.set(attribute.name, attribute);
    const names = new Map(body.input.map((name, i) => [name, inputs[i] ?? ""]));
    this.#body(body.node, { names, attributes: given }, { node, outputs, results: body.output });
  }

  /** Inlines a branch: it sees the names around it, and its results take the names of the `If`'s outputs. */
  #branch(branch: GraphProto, { node, outputs, scope }: Site): void {
    this.#rewritten = true;
    const inner: Scope = { names: new Map(), outer: scope };
    this.#body(branch.node, inner, {
      node,
      outputs,
      results: branch.output.map(({ name }) => name),
      initializers: branch,
    });
  }

  #body(
    nodes: readonly NodeProto[],
    scope: Scope,
    { node, outputs, results, initializers }: {
      node: NodeProto;
      outputs: readonly string[];
      results: readonly string[];
      initializers?: GraphProto;
    },
  ): void {
    const local = new Set([
      ...(initializers?.initializer ?? []).map(({ name }) => name),
      ...nodes.flatMap(({ output }) => output),
    ]);
    const copies: [result: string, output: string][] = [];
    results.forEach((result, i) => {
      const output = outputs[i];
      if (!output) return;
      if (local.has(result) && !scope.names.has(result)) scope.names.set(result, output);
      else copies.push([result, output]);
    });
    for (const name of local) {
      if (name && !scope.names.has(name)) scope.names.set(name, this.#fresh(node.name || node.opType, name));
    }
    if (initializers) this.#initializers(initializers, scope);
    for (const inner of nodes) this.#node(inner, scope);
    for (const [result, output] of copies) {
      const from = resolve(scope, result);
      if (!from) throw malformedModel(`"${result}", a result of node "${node.name}", is not made`);
      this.#push({
        op: "Identity",
        domain: "",
        name: this.#fresh(node.name, "Identity"),
        inputs: [from],
        outputs: [output],
        attributes: {},
      });
    }
  }

  #push(node: Node): void {
    for (const output of node.outputs) {
      if (output && (this.#made.has(output) || this.#constants.has(output))) {
        throw malformedModel(`"${output}" is made twice`);
      }
      if (output) this.#made.set(output, node);
    }
    this.#nodes.push(node);
  }

  /** A name nobody has yet: the caller's, then the body's. */
  #fresh(prefix: string, name: string): string {
    const wanted = `${prefix}/${name}`;
    let count = this.#names.get(wanted) ?? 0, fresh = count ? `${wanted}.${count + 1}` : wanted;
    for (; this.#names.has(fresh); fresh = `${wanted}.${count + 1}`) count++;
    this.#names.set(fresh, 1).set(wanted, count + 1);
    return fresh;
  }

  /** A sub-graph left closed goes back to the file as it is, and the functions it would call do not. */
  #refuseCalls(graph: GraphProto, node: NodeProto): void {
    for (const inside of graph.node) {
      if (this.#called(inside)) throw controlFlow(node.opType, node.name);
      for (const { g, graphs } of inside.attribute) {
        for (const inner of g ? [g, ...graphs] : graphs) this.#refuseCalls(inner, node);
      }
    }
  }
}

/** Where a body is inlined. */
interface Site {
  readonly node: NodeProto;
  readonly outputs: readonly string[];
  readonly scope: Scope;
}
