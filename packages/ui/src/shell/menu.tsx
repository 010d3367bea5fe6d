/**
 * A menu that opens below its name and closes by Escape, by choosing elsewhere, or by leaving it.
 *
 * @module
 */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface MenuProps {
  readonly name: string;
  readonly children: ComponentChildren;
  onOpen?(): void;
}

export function Menu({ name, children, onOpen }: MenuProps) {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const leave = (event: Event): void => {
      if (!menu.current!.contains(event.target as Node)) menu.current!.open = false;
    };
    document.addEventListener("pointerdown", leave);
    document.addEventListener("focusin", leave);
    return () => {
      document.removeEventListener("pointerdown", leave);
      document.removeEventListener("focusin", leave);
    };
  }, []);
  return (
    <details
      ref={menu}
      class="menu"
      onToggle={(event) => event.currentTarget.open && onOpen?.()}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !menu.current!.open) return;
        menu.current!.open = false;
        menu.current!.querySelector("summary")!.focus();
      }}
    >
      <summary>{name}</summary>
      {children}
    </details>
  );
}
