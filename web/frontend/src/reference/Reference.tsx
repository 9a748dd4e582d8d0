import { BookOpen } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { IconButton } from "../parts/Button";

const ReferenceSheet = lazy(async () => ({ default: (await import("./ReferenceSheet")).ReferenceSheet }));

// Opened by `?` wherever nothing is written just then.
export function Reference() {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
      event.preventDefault();
      setOpen(true);
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
  return (
    <>
      <IconButton small icon={BookOpen} label="What flowfile can do (?)" onClick={() => setOpen(true)} />
      {open && (
        <Suspense>
          <ReferenceSheet onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.closest("input, textarea, select, [role=dialog]") !== null);
}
