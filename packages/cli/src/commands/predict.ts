/**
 * `hyaline predict`: what the model answers, without asking why.
 *
 * @module
 */
import { Argument, Command } from "commander";
import { exit, report, typed } from "../failures.ts";
import { type InputFlags, inputsOf } from "../inputs.ts";
import type { Session } from "../session.ts";
import { setting } from "../settings.ts";
import { inputOptions, modelOptions } from "./explain.ts";

interface PredictFlags extends InputFlags {
  readonly model?: string;
  readonly dtype?: string;
  readonly executor?: "auto" | "onnxruntime" | "kernel";
  readonly offline?: boolean;
  readonly truncate?: boolean;
  readonly format: "text" | "json" | "jsonl";
}

const examples = `
Examples:
  $ hyaline predict "I love programming"
  $ cat reviews.txt | hyaline predict - --format jsonl
  $ hyaline predict --model ./my-model --input-ids 101,2023,102`;

export function predictCommand(session: Session): Command {
  const command = new Command("predict")
    .summary("what the model answers")
    .description("Prints the model's most likely answers to a text.")
    .addArgument(new Argument("[text...]", "the text; - reads standard input, one text a line"));
  inputOptions(modelOptions(command))
    .addOption(setting("--format <name>", "how to write it", "text").choices(["text", "json", "jsonl"]))
    .addHelpText("after", examples);
  return command.action(async (texts: string[], flags: PredictFlags) => {
    const { io } = session, inputs = await inputsOf(texts, flags, io);
    if (!inputs.length) return command.outputHelp();
    const { model, dtype, executor, truncate } = flags;
    const engine = await session.open({ offline: flags.offline ?? false });
    const { nameOf, percent, plain, visible } = await import("@hyaline/core/render");
    const found: unknown[] = [];
    let failed = 0;
    try {
      for (const input of inputs) {
        try {
          const { predictions } = await engine.predict(
            {
              input,
              ...(model && { model }),
              ...(dtype && { dtype }),
              ...(executor && { executor }),
              ...(truncate && { truncate }),
            },
            { signal: io.signal },
          );
          const answer = { ...("text" in input ? { text: input.text } : {}), predictions };
          if (flags.format === "jsonl") io.stdout.write(JSON.stringify(answer) + "\n");
          else if (flags.format === "json") found.push(answer);
          else {
            if (inputs.length > 1 && "text" in input) io.stdout.write(`${visible(input.text)}\n`);
            for (const one of predictions.slice(0, 5)) {
              const share = one.probability === undefined ? plain(one.value, 3) : percent(one.probability);
              io.stdout.write(`${share.padStart(9)}  ${visible(nameOf(one))}\n`);
            }
          }
        } catch (error) {
          if (inputs.length === 1 || io.signal.aborted) throw error;
          failed++;
          await report(typed(error), io, flags.format !== "text");
        }
      }
    } finally {
      await engine.close();
    }
    if (flags.format === "json" && found.length) {
      io.stdout.write(JSON.stringify(inputs.length === 1 ? found[0] : found, null, 1) + "\n");
    }
    session.exitCode = failed === 0 ? exit.ok : failed < inputs.length ? exit.partial : exit.failure;
  });
}
