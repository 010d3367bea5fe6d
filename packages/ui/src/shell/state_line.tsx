/**
 * What the page is doing, what went wrong, and what waits for a yes.
 *
 * @module
 */
import { visible } from "@hyaline/core/render";
import { Refused } from "../engine/engine.ts";
import { TOKENS } from "../engine/estimate.ts";
import { agree, busy, going, heavy, problem, stop } from "../state/asking.ts";
import { broken, methodsById } from "../state/engines.ts";
import { t } from "../strings/mod.ts";
import { titleOf } from "./method_choice.tsx";
import { AskWhatIf } from "./what_if.tsx";
import { bytesIn, secondsIn } from "./quantities.ts";

export function StateLine() {
  const words = t.value.shell, now = going.value;
  return (
    <div class="state">
      <p role="status" class={busy.value ? "busy" : ""}>
        {busy.value ? (now ? <Going /> : words.working) : ""}
      </p>
      {busy.value ? <button type="button" onClick={stop}>{words.cancel}</button> : null}
      <AskWhatIf />
    </div>
  );
}

function Going() {
  const words = t.value.shell, { what, done, of } = going.value!;
  const method = "method" in what ? methodsById.value.get(what.method) : undefined;
  const told = "file" in what
    ? words.loading(visible(what.file), bytesIn(done), bytesIn(of))
    : words.passes(method ? titleOf(method) : visible(what.method), done, of);
  return (
    <>
      {told} <progress value={done} max={Math.max(1, of)} aria-label={told} />
    </>
  );
}

export function Problem() {
  const found = broken.value ?? problem.value;
  return found ? <Failure found={found} /> : null;
}

/** What went wrong, and what to do. */
export function Failure({ found }: { found: unknown }) {
  const { message, hint } = found instanceof Refused
    ? found
    : { message: String((found as Error).message ?? found), hint: "" };
  return (
    <p role="alert" class="problem">
      <b>{visible(message)}</b>
      {hint ? <>. {visible(hint)}</> : null}
    </p>
  );
}

export function Heavy() {
  const words = t.value.shell, waits = heavy.value;
  if (!waits) return null;
  const { model, weight: { bytes, memory }, seconds } = waits,
    most = (navigator as { deviceMemory?: number }).deviceMemory;
  return (
    <section class="heavy" role="alert">
      <p>
        <b>{words.heavy(visible(model), bytesIn(bytes))}</b>{" "}
        {words.heavyCost(bytesIn(memory), secondsIn(seconds), TOKENS)}
        {memory > 3.5e9 || (most && memory > most * 0.6e9) ? <>{words.heavyRisk}</> : null}
      </p>
      <button type="button" class="main" onClick={agree}>{words.loadIt}</button>
    </section>
  );
}
