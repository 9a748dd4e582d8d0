import { Slider } from "radix-ui";
import { useId, useState } from "react";
import { trimmed } from "../words/sizes";

interface Props {
  label: string;
  unit: string;
  value: number;
  onChange: (value: number) => void;
  min: number;
  max: number;
  step: number;
  hint?: string;
  disabled?: boolean;
}

// The slider's steps grow with the value: half a unit matters at 1, not at 60.
const EXPONENT = 2;

export function SliderField(props: Props) {
  const { label, unit, value, onChange, min, max, step, hint, disabled } = props;
  const id = useId();
  const place = ((value - min) / (max - min)) ** (1 / EXPONENT) * 1000;
  const fromPlace = (at: number): number => snap(min + (at / 1000) ** EXPONENT * (max - min), props);
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <div className="row">
        <Slider.Root
          className="slider" value={[place]} max={1000} step={5} disabled={disabled ?? false}
          onValueChange={([at]) => onChange(fromPlace(at ?? 0))}
        >
          <Slider.Track className="track">
            <Slider.Range className="range" />
          </Slider.Track>
          <Slider.Thumb className="thumb" aria-label={`${label}, slider`} aria-valuetext={`${value} ${unit}`} />
        </Slider.Root>
        <Typed {...{ id, value, onChange, min, max, step, disabled: disabled ?? false }} />
        <span className="soft">{unit}</span>
      </div>
      {hint && <span className="hint">{hint}</span>}
    </div>
  );
}

type TypedProps = Pick<Props, "value" | "onChange" | "min" | "max" | "step"> & { id: string; disabled: boolean };

function Typed({ id, value, onChange, min, max, step, disabled }: TypedProps) {
  const [draft, setDraft] = useState<string | null>(null);
  const done = (): void => {
    const typed = Number(draft);
    if (draft !== null && draft.trim() !== "" && Number.isFinite(typed)) {
      onChange(Math.min(max, Math.max(min, typed)));
    }
    setDraft(null);
  };
  return (
    <input
      id={id} className="input narrow num" inputMode="decimal" disabled={disabled} data-step={step}
      value={draft ?? trimmed(value, 2)} onChange={(event) => setDraft(event.target.value)} onBlur={done}
      onKeyDown={(event) => event.key === "Enter" && done()}
    />
  );
}

function snap(value: number, { min, max, step }: Props): number {
  const coarse = value >= 8 ? 1 : step;
  return Math.min(max, Math.max(min, Math.round(value / coarse) * coarse));
}
