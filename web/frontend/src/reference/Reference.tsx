import { CircleQuestionMark } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { IconButton } from "../parts/Button";
import { Sheet } from "../parts/Sheet";

const View = lazy(async () => ({ default: (await import("./ReferenceView")).ReferenceView }));

// The reference in a sheet, where there are no panels beside the cells.
export function Reference({ onInsert }: { onInsert?: (code: string) => void }) {
  const [open, setOpen] = useState(false);
  const insert = onInsert && ((code: string) => (setOpen(false), onInsert(code)));
  return (
    <>
      <IconButton small icon={CircleQuestionMark} label="What flowfile can do" onClick={() => setOpen(true)} />
      {open && (
        <Sheet open wide onClose={() => setOpen(false)} title="flowfile" about="There in every cell, without an import.">
          <div className="content"><Suspense><View onInsert={insert} /></Suspense></div>
        </Sheet>
      )}
    </>
  );
}
