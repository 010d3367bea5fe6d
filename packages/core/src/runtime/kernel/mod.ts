export { type KernelExecutor, kernelExecutor, type KernelExecutorOptions, type PreparedOnKernel } from "./executor.ts";
export { canShareMemory, defaultThreads } from "./engine.ts";
