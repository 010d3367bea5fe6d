/**
 * A button that lets a person choose a folder, a model's or a plugin's, or one file.
 *
 * @module
 */
import { useRef } from "preact/hooks";
import { fromPicker, open } from "./folder.ts";

interface ButtonProps {
  readonly label: string;
  /** Endings of the file that is chosen; a folder where there are none. */
  readonly accept?: string;
}

export function FolderButton({ label, accept }: ButtonProps) {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" onClick={() => picker.current?.click()}>{label}</button>
      <input
        ref={picker}
        type="file"
        class="unseen"
        tabIndex={-1}
        aria-hidden="true"
        {...(accept ? { accept } : { multiple: true, webkitdirectory: true })}
        onChange={({ currentTarget }) => {
          const files = fromPicker(currentTarget.files ?? []);
          currentTarget.value = ""; // so that the same may be chosen again
          void open(files);
        }}
      />
    </>
  );
}
