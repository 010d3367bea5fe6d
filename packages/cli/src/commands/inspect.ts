/**
 * `hyaline inspect`: what a model holds and what explaining it will take, before anything runs.
 *
 * @module
 */
import { Command, Option } from "commander";
import type { Session } from "../session.ts";
import { setting } from "../settings.ts";
import { wholeNumber } from "../request.ts";
import { modelOptions } from "./explain.ts";

interface InspectFlags {
  readonly dtype?: string;
  readonly offline?: boolean;
  readonly length: number;
  readonly canon?: boolean;
  readonly format: "text" | "json";
}

const examples = `
Examples:
  $ hyaline inspect sentiment-en
  $ hyaline inspect ./my-model --dtype q4 --length 512
  $ hyaline inspect ./my-model --canon
  $ hyaline inspect ./my-model --format json`;

export function inspectCommand(session: Session): Command {
  const command = new Command("inspect")
    .summary("what a model holds, and what explaining it takes")
    .description(
      "Lists a model's operators, which of them have rules, what the canonicalisers did, and estimates of memory and work. Nothing is run.",
    )
    .argument("[model]", "an embedded model, a folder, an .onnx file, or a hub id");
  return modelOptions(command)
    .addOption(
      new Option("--length <n>", "tokens that estimates are for").default(32).argParser(wholeNumber("--length", 1)),
    )
    .option("--canon", "what each canonicaliser did, and why it did not")
    .addOption(setting("--format <name>", "how to write it", "text").choices(["text", "json"]))
    .addHelpText("after", examples)
    .action(async (argument: string | undefined, flags: InspectFlags & { model?: string }) => {
      const { io } = session, model = argument ?? flags.model;
      if (model === undefined) return command.outputHelp();
      const engine = await session.open({ offline: flags.offline ?? false });
      try {
        const found = await engine.inspect({ model, dtype: flags.dtype, length: flags.length }, { signal: io.signal });
        if (flags.format === "json") return io.stdout.write(JSON.stringify(found, null, 1) + "\n");
        const { bytes, columns, visible } = await import("@hyaline/core/render");
        const fused = found.operators.filter(({ op, inFile }) => inFile > 0 && op.includes("."));
        const port = ({ name, dtype, dims }: (typeof found.inputs)[number]) =>
          `${visible(name)} ${dtype}[${dims.map((d) => visible(String(d))).join(", ")}]`;
        const estimate = await estimator();
        const lines = [
          `${visible(found.id)} (${
            [...(found.modelType ? [found.modelType] : []), found.dtype].map(visible).join(", ")
          })`,
          ...columns([
            ["SHA-256", found.sha256],
            ["opset", `${found.opset}`],
            ["inputs", found.inputs.map(port).join("; ")],
            ["outputs", found.outputs.map(port).join("; ")],
            ...(found.labels ? [["classes", found.labels.map(visible).join(", ")]] : []),
            ["explains", found.sources.join(", ")],
            ["nodes", `${found.nodes}`],
            ["fused", fused.length ? fused.map(({ op, inFile }) => `${op} × ${inFile}`).join(", ") : "none"],
          ]),
          "",
          `For ${found.length} tokens`,
          ...columns([
            ["weights", bytes(found.memory.weights)],
            ["activations", `${bytes(found.memory.activations)} in all, ${bytes(found.memory.peak)} at once`],
            ["forward", estimate(found.flops.forward)],
            ["and back", estimate(found.flops.backward)],
          ]),
          "",
          "Operators",
          ...columns([
            ["operator", "in the file", "canonical", "on relevance's way", "rule"],
            ...found.operators.map((
              { op, inFile, canonical, crossed, rule },
            ) => [op, `${inFile}`, `${canonical}`, `${crossed}`, rule ? "yes" : crossed ? "MISSING" : "not needed"]),
          ], [false, true, true, true]),
          "",
          found.missing.length
            ? `✗ No rule for ${
              found.missing.join(", ")
            }: only methods that predict alone can explain this model (--method occlusion)`
            : "✓ Every operator on relevance's way has a rule",
          found.handedOver.length
            ? `· ONNX Runtime runs it: the kernel lacks ${found.handedOver.join(", ")}`
            : "✓ The kernel runs it without ONNX Runtime",
          ...(flags.canon
            ? [
              "",
              "Canonicalisers",
              ...columns([
                ...tally(found.canon.fired),
                ...found.canon.refused.map((
                  { name, node, because },
                ) => [name, `not at "${visible(node)}": ${visible(because)}`]),
              ]),
            ]
            : []),
        ];
        io.stdout.write(lines.join("\n") + "\n");
      } finally {
        await engine.close();
      }
    });
}

/** Share of the kernel's speed at plain products that whole passes reach: measured on models of 6 to 24 layers. */
const REACHED = 0.6;

/** Work in words, with the time it takes one thread of this machine, which is timed first. */
async function estimator(): Promise<(flops: number) => string> {
  const { kernelSpeed } = await import("@hyaline/core");
  const { duration } = await import("@hyaline/core/render");
  const speed = await kernelSpeed();
  return (flops) =>
    `${(flops / 1e9).toPrecision(3)} GFLOP, about ${duration(1000 * flops / (REACHED * speed))} on one thread here`;
}

const tally = (fired: readonly { readonly name: string }[]): string[][] => {
  const times = new Map<string, number>();
  for (const { name } of fired) times.set(name, (times.get(name) ?? 0) + 1);
  return [...times].map(([name, count]) => [name, `${count} ×`]);
};
