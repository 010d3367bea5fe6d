/**
 * The whole page takes a model's folder that is dropped on it.
 *
 * @module
 */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { problem } from "../state/asking.ts";
import { t } from "../strings/mod.ts";
import { fromDrop, open } from "./folder.ts";

export function Drop({ children }: { children: ComponentChildren }) {
  const [over, setOver] = useState(false);
  useEffect(() => {
    const holdsFiles = (event: DragEvent): boolean => !!event.dataTransfer?.types.includes("Files");
    const enter = (event: DragEvent): void => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent): void => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      setOver(false);
      fromDrop(event.dataTransfer!.items).then(open).catch((error) => {
        problem.value = error; // a file that may not be read, most likely
      });
    };
    document.addEventListener("dragover", enter);
    document.addEventListener("dragleave", leave);
    document.addEventListener("drop", drop);
    return () => {
      document.removeEventListener("dragover", enter);
      document.removeEventListener("dragleave", leave);
      document.removeEventListener("drop", drop);
    };
  }, []);
  return (
    <>
      {children}
      {over ? <div class="drop">{t.value.shell.drop}</div> : null}
    </>
  );
}
