import { Lock } from "lucide-react";
import type { Kernel } from "../api/types";
import { Tip } from "../parts/Tip";
import { inShort } from "./wishes";

// What a kernel has besides its flavour's packages, locked.
export function PackagesTag({ kernel, onOpen }: { kernel: Kernel; onOpen: () => void }) {
  if (kernel.packages.length === 0) return null;
  return (
    <Tip text={`${kernel.packages.join(", ")}: every version is locked`}>
      <button type="button" className="tag opens cut" aria-label={`Packages: ${kernel.packages.join(", ")}`} onClick={onOpen}>
        <Lock className="icon" aria-hidden />
        <span className="cut">{inShort(kernel.packages)}</span>
      </button>
    </Tip>
  );
}
