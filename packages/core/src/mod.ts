export { type Canonical, canonicalise } from "./canon/canonicalise.ts";
export { because, type Canonicaliser, type Refusal, type Report } from "./canon/canonicaliser.ts";
export { Draft } from "./canon/draft.ts";
export { type Knowledge, Scene } from "./canon/scene.ts";
export * from "./errors.ts";
export * from "./graph/graph.ts";
export * from "./graph/tensor.ts";
export * from "./program/program.ts";
export { type Composite, composites } from "./lrp/composite.ts";
export { compile, compileForward, type CompileRequest, type ShapedGraph } from "./compile/mod.ts";
export { MODERN_OPSET, modernise } from "./graph/modern.ts";
export * from "./manifest/mod.ts";
export * from "./plugin/mod.ts";
export * from "./graph/fold.ts";
export * from "./graph/infer.ts";
export * from "./graph/join.ts";
export * from "./graph/memory.ts";
export * from "./graph/build.ts";
export * from "./graph/open.ts";
export * from "./onnx/append_outputs.ts";
export * from "./onnx/decode.ts";
export * from "./onnx/encode.ts";
export * from "./onnx/external.ts";
export * from "./onnx/limits.ts";
export { constantOf, dtypeOf, tensorProto } from "./onnx/tensors.ts";
export { floatAttributes } from "./onnx/attributes.ts";
export * from "./checkpoint/checkpoint.ts";
export * from "./checkpoint/files.ts";
export * from "./checkpoint/hub.ts";
export * from "./checkpoint/hub_files.ts";
export { chooseModel, type ModelChoice, type ModelWish } from "./checkpoint/model_file.ts";
export * from "./checkpoint/store.ts";
export * from "./checkpoint/tokenizer.ts";
export * from "./checkpoint/words.ts";
export { VERSION } from "./host/compose.ts";
export { type ExplainContext, Hyaline, type HyalineOptions } from "./host/hyaline.ts";
export { Model, type ModelFile, type ModelOptions } from "./host/model.ts";
export { type InstalledPlugin, Registry, type RunExplainer } from "./host/registry.ts";
export { type Choice, type Opened, Shelf, type ShelfOptions } from "./host/shelf.ts";
export { foreign } from "./host/foreign.ts";
export { counted, digestOf, type Files as PluginFiles, pathWithin } from "./plugins/contents.ts";
export { unpacked } from "./plugins/archive.ts";
export { type Declared, declared } from "./plugins/manifest_file.ts";
export { type Subject, type Words } from "./host/subject.ts";
export { chooseExecutor, type ExecutorName } from "./runtime/choose.ts";
export {
  type KernelExecutor,
  kernelExecutor,
  type KernelExecutorOptions,
  type PreparedOnKernel,
} from "./runtime/kernel/executor.ts";
export { kernelSpeed } from "./runtime/kernel/speed.ts";
export { ortExecutor } from "./runtime/ort/executor.ts";
export { type Executor, type PreparedProgram } from "./runtime/executor.ts";
export { smallestModel, warmUp } from "./runtime/warm.ts";
export { type Backend, openSession, type Session, type SessionOptions } from "./runtime/session.ts";
export { subjectOf, wordsOf } from "./host/checkpoint_subject.ts";
export { type Architecture, type Block } from "./host/architecture.ts";
export { inspect, type Inspection, type OperatorUse } from "./host/inspect.ts";
