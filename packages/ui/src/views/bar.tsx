/** A score as a bar: from the middle to either side where it has a sign, else from the left. @module */
export function Bar({ share, signed }: { share: number; signed: boolean }) {
  const size = Math.min(1, Math.abs(share)) * (signed ? 50 : 100);
  return (
    <span class={signed ? "score-bar signed" : "score-bar"}>
      <i
        class={share >= 0 ? "plus" : "less"}
        style={{ width: `${size}%`, left: signed ? `${share >= 0 ? 50 : 50 - size}%` : 0 }}
      />
    </span>
  );
}
