import { CornerDownLeft } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "../../parts/Button";

export function Empty({ children }: { children: ReactNode }) {
  return <p className="soft panel-empty">{children}</p>;
}

// Puts code into the cells; the code is its tooltip.
export function Insert({ code, what, onInsert }: { code: string; what: string; onInsert: (code: string) => void }) {
  return (
    <Button small kind="quiet" icon={CornerDownLeft} title={code} aria-label={`Insert the code that reads ${what}`} onClick={() => onInsert(code)}>
      Insert
    </Button>
  );
}
