/**
 * A button that lets a person choose a folder: a model's, or a plugin's.
 *
 * @module
 */
import { useRef } from "preact/hooks";
import { fromPicker, open } from "./folder.ts";

export function FolderButton({ label }: { label: string }) {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" onClick={() => picker.current?.click()}>{label}</button>
      <input
        ref={picker}
        type="file"
        multiple
        class="unseen"
        tabIndex={-1}
        aria-hidden="true"
        {...{ webkitdirectory: true }}
        onChange={(event) => void open(fromPicker(event.currentTarget.files ?? []))}
      />
    </>
  );
}
