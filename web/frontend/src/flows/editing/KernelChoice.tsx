import { useQuery } from "@tanstack/react-query";
import { kernelsQuery } from "../../kernels/useKernels";
import { lookOf } from "../../parts/StateChip";
import { Field } from "../../parts/Field";

interface Props { label: string; none: string; value: string | null; wrong?: string | null; onSet: (kernel: string | null) => void }

// One's own kernels, with their states; what a flow names and is not among them stays as it is.
export function KernelChoice({ label, none, value, wrong, onSet }: Props) {
  const { data } = useQuery(kernelsQuery);
  const mine = (data?.items ?? []).filter((one) => one.access === "owner");
  const known = mine.some((one) => one.id === value || one.uid === value);
  const shown = mine.find((one) => one.uid === value)?.id ?? value ?? "";
  const hint = data && value !== null && !known ? "It is among none of your kernels: a run would be refused." : null;
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
