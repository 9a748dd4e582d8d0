import { useQuery } from "@tanstack/react-query";
import type { Kernel } from "../../api/types";
import { takesCells } from "../../kernels/states";
import { kernelsQuery } from "../../kernels/useKernels";
import { lookOf } from "../../parts/StateChip";
import { Field } from "../../parts/Field";

interface Props { label: string; none: string; value: string | null; wrong?: string | null; onSet: (kernel: string | null) => void }

// One's own kernels, with their states; what a flow names and is not among them stays as it is.
export function KernelChoice({ label, none, value, wrong, onSet }: Props) {
  const { data } = useQuery(kernelsQuery);
  const mine = (data?.items ?? []).filter((one) => one.access === "owner");
  const chosen = mine.find((one) => one.id === value || one.uid === value);
  const known = chosen !== undefined;
  const shown = chosen?.id ?? value ?? "";
  const hint = data && value !== null ? hintOf(chosen) : null;
  return (
    <Field label={label} wrong={wrong} hint={hint}>
      {(ids) => (
        <select {...ids} className="input" value={shown} onChange={(event) => onSet(event.target.value || null)}>
          <option value="">{none}</option>
          {value !== null && !known && <option value={value}>{value}</option>}
          {mine.map((one) => (
            <option key={one.uid} value={one.id}>{one.name} ({lookOf(one.state).word.toLowerCase()})</option>
          ))}
        </select>
      )}
    </Field>
  );
}

function hintOf(kernel: Kernel | undefined): string | null {
  if (!kernel) return "It is among none of your kernels: a run would be refused.";
  if (takesCells(kernel)) return null;
  return `Kernel required: it is ${lookOf(kernel.state).word.toLowerCase()}. Start it on the page of kernels, or let a run start it.`;
}

// What a node without a kernel of its own runs on.
export function useDefaultName(named: string | null): string {
  const { data } = useQuery(kernelsQuery);
  if (named === null) return "none";
  const kernel = data?.items.find((one) => one.id === named || one.uid === named);
  return `the flow's default: ${kernel ? `${kernel.name} (${lookOf(kernel.state).word.toLowerCase()})` : named}`;
}
