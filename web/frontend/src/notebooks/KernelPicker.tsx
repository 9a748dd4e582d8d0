import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check, ChevronDown, CircleOff } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import type { Kernel } from "../api/types";
import { limits, mayChange } from "../kernels/states";
import { kernelsQuery } from "../kernels/useKernels";
import { Button } from "../parts/Button";
import { StateChip } from "../parts/StateChip";

interface Props {
  kernel: Kernel | null;
  // What the document names, which may not be there any more.
  named: string | null;
  mayEdit: boolean;
  onChoose: (kernel: string | null) => void;
}

// On which kernel the cells run, with the state of each that one may use.
export function KernelPicker({ kernel, named, mayEdit, onChoose }: Props) {
  const { data } = useQuery(kernelsQuery);
  const usable = (data?.items ?? []).filter(mayChange);
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <Button small className="kernel-choice" disabled={!mayEdit} aria-label={`Kernel: ${kernel?.name ?? (named === null ? "none" : "not there")}`}>
          {kernel ? (
            <><span className="cut">{kernel.name}</span> <StateChip state={kernel.state} /></>
          ) : (
            <><CircleOff className="icon tone-amber" aria-hidden /> {named === null ? "Choose a kernel" : "Kernel not there"}</>
          )}
          <ChevronDown className="icon" aria-hidden />
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu kernel-choices" align="start" sideOffset={4} aria-label="Kernels">
          {usable.length === 0 && <p className="faint">You have no kernel yet.</p>}
          <DropdownMenu.RadioGroup value={kernel?.uid ?? ""} onValueChange={(next) => onChoose(next || null)}>
            {usable.map((one) => (
              <DropdownMenu.RadioItem key={one.uid} value={one.uid}>
                <span className="grow">
                  <span className="cut">{one.name}</span> <span className="faint num">{limits(one)}</span>
                </span>
                <StateChip state={one.state} />
                <span className="check"><DropdownMenu.ItemIndicator><Check className="icon" aria-hidden /></DropdownMenu.ItemIndicator></span>
              </DropdownMenu.RadioItem>
            ))}
            <DropdownMenu.RadioItem value="">
              <span className="grow soft">No kernel</span>
              <span className="check"><DropdownMenu.ItemIndicator><Check className="icon" aria-hidden /></DropdownMenu.ItemIndicator></span>
            </DropdownMenu.RadioItem>
          </DropdownMenu.RadioGroup>
          <div className="rule" />
          {kernel && (
            <DropdownMenu.Item asChild>
              <Link to="/kernels/$id" params={{ id: kernel.uid }}>All that ran on {kernel.name}</Link>
            </DropdownMenu.Item>
          )}
          <DropdownMenu.Item asChild><Link to="/kernels">All kernels, and a new one</Link></DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
