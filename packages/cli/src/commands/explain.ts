/**
 * `hyaline explain`: why the model said what it said.
 *
 * @module
 */
import { Argument, Command, Option } from "commander";
import type { EngineOptions } from "../engine.ts";
import { conflictingOptions, exit, report, typed } from "../failures.ts";
import { type Format, formats, writerOf } from "../formats.ts";
import { type InputFlags, inputsOf } from "../inputs.ts";
import { isEmbedded } from "../models.ts";
import { outputTo } from "../output.ts";
import { barOn } from "../progress.ts";
import { type AskFlags, methodList, requestOf, wholeNumber } from "../request.ts";
import type { Session } from "../session.ts";
import { setting } from "../settings.ts";
import { colourDepth, lineWidth } from "../terminal.ts";

interface ExplainFlags extends AskFlags, InputFlags {
  readonly generate?: number;
  readonly format: Format;
  readonly out?: string;
  readonly offline?: boolean;
  readonly lang?: string;
  readonly backend?: EngineOptions["backend"];
}

type Input = Awaited<ReturnType<typeof inputsOf>>[number];

const examples = `
Examples:
  $ hyaline explain "I love programming"
  $ hyaline explain "A dull, clever film" --method lrp,grad-cam,attention --words
  $ hyaline explain "Not bad at all" --target positive --foil negative
  $ hyaline explain "The movie was great" --format html --out why.html
  $ cat reviews.txt | hyaline explain - --format jsonl > reviews.jsonl
  $ hyaline explain --model ./my-model --input-ids 101,2023,2003,102 --target-index 1
  $ hyaline explain --model ioi-lm "When Mary and John went to the store, John gave a drink to" --target Mary --foil John
  $ hyaline explain --model ioi-lm "When Mary and John went to the store, John gave a drink to" --generate 3

Exit codes: 0 ok, 1 failure, 2 wrong usage, 3 some of several texts failed, 130 interrupted.
Options can also be set by HYALINE_… variables (HYALINE_MODEL=…) or in the configuration file (hyaline doctor says where).
HYALINE_HUB names a mirror of the hub, HF_TOKEN opens private models, HYALINE_CACHE moves the cache.`;

/** Options that say which model, and that commands share. */
export const modelOptions = (command: Command): Command =>
  command
    .addOption(setting("-m, --model <name>", "an embedded model, a folder, or a hub id (default: sentiment-en)"))
    .addOption(setting("--dtype <type>", "which file of onnx/: fp32, fp16, int8, q4, …"))
    .addOption(setting("--offline", "never touch the network"))
    .addOption(setting("--executor <name>", "what carries relevance back").choices(["auto", "onnxruntime", "kernel"]));

export const backendOption = (): Option =>
  setting(
    "--backend <name>",
    "what runs the model: the kernel, ONNX Runtime in wasm, or its native library (needs onnxruntime-node); auto is the kernel where it has every operator",
    "auto",
  ).choices(["auto", "kernel", "wasm", "native"]);

/** Options that give another input than a text. */
export const inputOptions = (command: Command): Command =>
  command
    .option("--input-ids <ids>", "token ids instead of a text: 101,2023,102")
    .option("--inputs <file>", "every model input from a JSON file: {name: {dtype, dims, data}}")
    .option("--continuation <text>", "what the model went on to say, or has said so far")
    .option("--truncate", "cut an over-long text instead of refusing it");

export function explainCommand(session: Session): Command {
  const command = new Command("explain")
    .summary("why the model said what it said")
    .description("Explains a model's answer to a text: which words spoke for it, and which against.")
    .addArgument(new Argument("[text...]", "what to explain; - reads standard input, one text a line"));
  command.addOption(backendOption());
  modelOptions(command)
    .addOption(
      setting("--method <ids>", "methods with commas between; hyaline methods lists them", ["lrp"]).argParser((
        value,
        before: string[],
      ) => methodList(value, before === defaults ? [] : before)),
    )
    .option("-t, --target <name>", "explain this class, or this next token (default: the model's answer)")
    .addOption(
      new Option("--target-index <n>", "explain the raw logit with this number").argParser(
        wholeNumber("--target-index", 0),
      ),
    )
    .option("--span <text>", "explain the probability of saying this text")
    .option("--each", "with --span: explain each of its tokens by itself, in one pass")
    .addOption(
      new Option("--generate <n>", "let the model write up to n tokens, and explain each of them").argParser(
        wholeNumber("--generate", 1),
      ),
    )
    .option("-f, --foil <name>", "why the target and not this one (#3 for a raw logit)")
    .addOption(
      new Option("--position <n>", "where logits have positions; -1 is the last").argParser(wholeNumber("--position")),
    )
    .option("--layer <l>", "layer by number or name, several with commas, or all")
    .option("--head <h>", "attention head by number, mean, or all")
    .option("--composite <name>", "how LRP crosses each operator: attnlrp, cp-lrp, epsilon, gamma, …")
    .option(
      "-o, --option <key=value>",
      "an option of the methods, as often as needed; grad-cam.variant=hires for one of them",
      (assignment: string, before: string[] = []) => [...before, assignment],
    )
    .addOption(setting("-w, --words", "join sub-words to words"));
  inputOptions(command)
    .addOption(setting("--seed <n>", "for methods that draw at random").argParser(wholeNumber("--seed")))
    .addOption(setting("--no-checks", "do not put the explanation to the test (faster)"))
    .addOption(setting("--format <name>", "how to write it", "text").choices(formats))
    .option("--out <file>", "write to a file, which is there whole or not at all")
    .addOption(setting("--lang <code>", "language of text, HTML and SVG: en, zh"))
    .addHelpText("after", examples);
  const defaults = command.getOptionValue("method") as string[];
  return command.action(async (texts: string[], flags: ExplainFlags) => {
    const inputs = await inputsOf(texts, flags, session.io);
    if (!inputs.length) return command.outputHelp();
    await explainAll(inputs, flags, session);
  });
}

/** What the model goes on to say after each input, where that is asked for. */
async function written(inputs: readonly Input[], flags: ExplainFlags): Promise<string[] | undefined> {
  const { generate, offline = false, model = "sentiment-en", dtype } = flags;
  if (generate === undefined) return undefined;
  for (const key of ["target", "targetIndex", "span", "inputIds", "inputs", "continuation"] as const) {
    if (flags[key] !== undefined) throw conflictingOptions("--generate", optionName(key));
  }
  const { continuations } = await import("../generate.ts");
  const texts = inputs.map((input) => (input as { text: string }).text);
  return await continuations(texts, { model, dtype, offline, tokens: generate });
}

const optionName = (key: string): string => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

async function explainAll(
  inputs: readonly Input[],
  flags: ExplainFlags,
  session: Session,
): Promise<void> {
  const { io } = session, json = flags.format === "json" || flags.format === "jsonl";
  const bar = await barOn(io);
  const brief = inputs.length === 1 && await isEmbedded(flags.model ?? "sentiment-en");
  const engine = await session.open({
    offline: flags.offline ?? false,
    brief,
    ...(flags.backend ? { backend: flags.backend } : {}),
    downloading: (file, done, of) => bar.update(done, of, file),
  });
  const names = new Map(
    engine.methods().map((
      { entry },
    ) => [entry.id, Object.keys((entry.options as { properties?: object }).properties ?? {})]),
  );
  const spans = await written(inputs, flags);
  const requests = inputs.map((input, i) =>
    requestOf(spans ? { ...flags, span: spans[i]!, each: true } : flags, input, (method) => names.get(method))
  );
  const output = await outputTo(flags.out, io);
  let failed = 0;
  try {
    const toTerminal = flags.out === undefined || flags.out === "-";
    const writer = await writerOf(flags.format, output, {
      colour: toTerminal ? colourDepth(io.stdout, io.env) : "none",
      width: lineWidth(io.stdout, io.env),
      locale: flags.lang ?? io.env.LC_ALL ?? io.env.LC_MESSAGES ?? io.env.LANG ?? "en",
    });
    const several = requests.length > 1;
    for (const [i, request] of requests.entries()) {
      io.signal.throwIfAborted();
      const where = several ? `${i + 1}/${requests.length}` : "";
      if (several) bar.update(i, requests.length, where);
      try {
        const explanations = await engine.explain(request, {
          signal: io.signal,
          progress: (stage, done, of) =>
            several
              ? bar.update(i + done / Math.max(1, of), requests.length, `${where} ${stage}`)
              : bar.update(done, of, stage),
        });
        bar.stop();
        await writer.add(explanations);
      } catch (error) {
        if (!several || io.signal.aborted) throw error;
        failed++;
        bar.stop();
        await report(typed(error), io, json);
      }
    }
    if (failed < requests.length) await writer.end();
    if (failed === requests.length) await output.discard();
    else await output.close();
  } catch (error) {
    await output.discard();
    throw error;
  } finally {
    bar.stop();
    await engine.close();
  }
  session.exitCode = failed === 0 ? exit.ok : failed < requests.length ? exit.partial : exit.failure;
}
