/**
 * The command line as a whole: its commands, its help, how it ends.
 *
 * @module
 */
import { VERSION } from "@hyaline/core";
import { Command, CommanderError } from "commander";
import { doctorCommand } from "./commands/doctor.ts";
import { explainCommand } from "./commands/explain.ts";
import { inspectCommand } from "./commands/inspect.ts";
import { keysCommand } from "./commands/keys.ts";
import { methodsCommand } from "./commands/methods.ts";
import { modelsCommand } from "./commands/models.ts";
import { pluginCommand } from "./commands/plugin.ts";
import { predictCommand } from "./commands/predict.ts";
import { serveCommand } from "./commands/serve.ts";
import type { OpenEngine } from "./engine.ts";
import { exit, exitCodeOf, report, typed, UsageError } from "./failures.ts";
import type { Io } from "./io.ts";
import type { Session } from "./session.ts";
import { applySettings } from "./settings.ts";

const examples = `
Examples:
  $ hyaline explain "I love programming"
  $ hyaline methods
  $ hyaline serve
  $ hyaline doctor

hyaline help <command> shows a command's options and examples.`;

/** All commands. */
export function program(session: Session): Command {
  const { io } = session;
  const root = new Command("hyaline")
    .description("Explains what a transformer said, from unmodified Hugging Face ONNX files.")
    .version(VERSION, "-v, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .showSuggestionAfterError()
    .addHelpText("after", examples);
  for (
    const make of [
      explainCommand,
      predictCommand,
      modelsCommand,
      methodsCommand,
      pluginCommand,
      inspectCommand,
      serveCommand,
      keysCommand,
      doctorCommand,
    ]
  ) {
    root.addCommand(make(session));
  }
  for (const command of withCommands(root)) {
    command
      .exitOverride()
      .configureOutput({
        writeOut: (text) => io.stdout.write(text),
        writeErr: () => {},
        getOutHelpWidth: () => Math.min(110, io.stdout.columns ?? 80),
        getErrHelpWidth: () => 80,
        getOutHasColors: () => false,
      })
      .configureHelp({ sortSubcommands: false })
      .allowExcessArguments(false);
  }
  root.hook("preAction", (_, command) => applySettings(command, io.env));
  return root;
}

/** A command, and all below it. */
const withCommands = (command: Command): Command[] => [command, ...command.commands.flatMap(withCommands)];

/**
 * Runs one command line to its end.
 *
 * @param args without the program's own name
 * @returns the exit code
 */
export async function run(args: readonly string[], { io, open }: { io: Io; open: OpenEngine }): Promise<number> {
  const session: Session = { io, open, exitCode: exit.ok };
  const json =
    args.some((arg, i) =>
      /^--format=jsonl?$/.test(arg) || (arg === "--format" && /^jsonl?$/.test(args[i + 1] ?? ""))
    ) || (!args.some((arg) => arg.startsWith("--format")) && /^jsonl?$/.test(io.env.HYALINE_FORMAT ?? ""));
  try {
    await program(session).parseAsync(args.length ? args : ["--help"], { from: "user" });
    return io.signal.aborted ? exit.interrupted : session.exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return exit.ok; // help and version
    if (error instanceof CommanderError && error.code === "commander.help") {
      return run([...args, "--help"], { io, open });
    }
    const known = error instanceof CommanderError ? usageError(error) : typed(error);
    if (io.signal.aborted) return exit.interrupted;
    await report(known, io, json);
    return exitCodeOf(known);
  }
}

/** Commander's "error: unknown option '--x'\n(Did you mean --y?)" in our own form. */
function usageError({ message }: CommanderError): UsageError {
  const [, what, hint] = /^(?:error: )?([^\n]*)(?:\n\(?([^)]*)\)?)?/.exec(message)!;
  const sentence = what!.charAt(0).toUpperCase() + what!.slice(1).replace(/\.$/, "").replaceAll("'", '"');
  return new UsageError({ code: "USAGE", message: sentence, hint: hint || "--help shows what there is" });
}
