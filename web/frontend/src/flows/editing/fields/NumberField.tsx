import type { ReactNode } from "react";
import { TextField } from "../../../parts/Field";
import { useText } from "../useText";

interface Props { label: string; hint?: ReactNode; wrong?: string | null; value: unknown; placeholder?: string; onSet: (value: number | string | undefined) => void }

// What is no number stays as it is written: then it is told as wrong. Empty: not said.
export function NumberField({ label, hint, wrong, value, placeholder, onSet }: Props) {
  const { text, put } = useText(value as number | string | undefined, numberIn, shown, onSet);
  return (
    <TextField
      label={label} hint={hint} wrong={wrong} value={text} inputMode="decimal" autoComplete="off" placeholder={placeholder}
      onChange={(event) => put(event.target.value)}
    />
  );
}

const shown = (value: unknown): string => (value === undefined || value === null ? "" : String(value));

export function numberIn(text: string): number | string | undefined {
  const given = text.trim();
  if (given === "") return undefined;
  return Number.isFinite(Number(given)) ? Number(given) : text;
}
