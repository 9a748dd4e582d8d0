import { useNavigate } from "@tanstack/react-router";
import { Check, ChevronDown } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { Button } from "../parts/Button";
import { LOOSE, useFlowNames } from "./flows";

// Each flow has variables of its own; most kernels have the loose namespace alone, and then there is nothing to choose.
export function NamespaceMenu({ flow, flows }: { flow: string | null; flows: string[] }) {
  const navigate = useNavigate();
  const all = [LOOSE, ...flows.filter((one) => one !== flow), ...(flow === null ? [] : [flow])].sort();
  const named = useFlowNames(all);
  const words = (one: string): string => (one === LOOSE ? "loose" : (named.get(one) ?? one));
  if (all.length === 1) return null;
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <Button small kind="quiet">
          Namespace: {words(flow ?? LOOSE)} <ChevronDown className="icon" aria-hidden />
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="start" sideOffset={4}>
          <DropdownMenu.RadioGroup
            value={flow ?? LOOSE} onValueChange={(next) => void navigate({ to: ".", search: { flow: next } })}
          >
            {all.map((one) => (
              <DropdownMenu.RadioItem key={one} value={one}>
                {words(one)} {named.has(one) && <span className="faint mono">{one}</span>}
                <DropdownMenu.ItemIndicator className="keys">
                  <Check className="icon" aria-hidden />
                </DropdownMenu.ItemIndicator>
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
