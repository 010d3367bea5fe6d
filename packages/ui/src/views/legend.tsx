/**
 * What the colours mean, in a strip.
 *
 * @module
 */
import { say } from "../strings/mod.ts";
import { tint } from "./tint.ts";

const steps = (from: number): number[] => Array.from({ length: 9 }, (_, i) => from + (i * (1 - from)) / 8);

export function Legend({ signed }: { signed: boolean }) {
  const { legend } = say.value;
  return (
    <p class="legend" aria-hidden="true">
      <span>{signed ? `− ${legend.against}` : legend.none}</span>
      <span class="strip">{steps(signed ? -1 : 0).map((share) => <i key={share} style={tint(share) ?? {}} />)}</span>
      <span>{signed ? `+ ${legend.for}` : legend.much}</span>
    </p>
  );
}
