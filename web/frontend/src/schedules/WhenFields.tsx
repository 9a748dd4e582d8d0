import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { Field, TextField } from "../parts/Field";
import { flowsQuery } from "../runs/RunFilters";
import { KINDS, UNITS, type Draft } from "./draft";

interface Props { draft: Draft; set: (part: Partial<Draft>) => void }

export function WhatFields({ draft, set, fixed, onFlow }: Props & { fixed: boolean; onFlow: () => void }) {
  return (
    <>
      <FlowChoice
        label="Flow" value={draft.flow} disabled={fixed}
        onSet={(flow) => {
          set({ flow });
          onFlow();
        }}
      />
      <TextField
        label="Name" hint="May be left out: then the schedule is called by its words." value={draft.name} maxLength={200} autoComplete="off"
        onChange={(event) => set({ name: event.target.value })}
      />
    </>
  );
}

interface ChoiceProps { label: string; value: string; disabled?: boolean; onSet: (id: string) => void }

function FlowChoice({ label, value, disabled = false, onSet }: ChoiceProps) {
  const { data } = useQuery(flowsQuery);
  return (
    <Field label={label}>
      {(ids) => (
        <select {...ids} className="input" value={value} disabled={disabled} onChange={(event) => onSet(event.target.value)}>
          <option value="">choose one</option>
          {data?.items.map(({ id, name }) => (
            <option key={id} value={id}>{name}</option>
          ))}
        </select>
      )}
    </Field>
  );
}

export function WhenFields({ draft, set }: Props) {
  const zoned = draft.kind === "cron" || draft.kind === "once" || draft.kind === "interval";
  return (
    <>
      <div className="field">
        <span className="field-label" id="schedule-kind">When</span>
        <div className="choices kinds" role="group" aria-labelledby="schedule-kind">
          {KINDS.map(([kind, word]) => (
            <button key={kind} type="button" aria-pressed={kind === draft.kind} data-state={kind === draft.kind ? "on" : "off"} onClick={() => set({ kind })}>
              {word}
            </button>
          ))}
        </div>
      </div>
      <OfKind {...{ draft, set }} />
      {zoned && <Zone value={draft.timezone} onSet={(timezone) => set({ timezone })} />}
    </>
  );
}

function OfKind({ draft, set }: Props) {
  switch (draft.kind) {
    case "cron":
      return (
        <TextField
          label="Cron expression" hint="Minute, hour, day of month, month, day of week: 30 6 * * 1-5" className="mono" spellCheck={false} autoComplete="off"
          value={draft.cron} onChange={(event) => set({ cron: event.target.value })}
        />
      );
    case "interval":
      return (
        <div className="row every">
          <TextField label="Every" inputMode="decimal" className="narrow" value={draft.every} onChange={(event) => set({ every: event.target.value })} />
          <select className="input narrow-choice" aria-label="Unit" value={draft.unit} onChange={(event) => set({ unit: event.target.value })}>
            {UNITS.map(([seconds, word]) => (
              <option key={seconds} value={seconds}>{word}</option>
            ))}
          </select>
        </div>
      );
    case "once":
      return <TextField label="At" hint="In the zone below." type="datetime-local" value={draft.at} onChange={(event) => set({ at: event.target.value })} />;
    case "file":
      return (
        <>
          <TextField label="In the folder" hint="What the path of the shared file begins with, such as inbox/" spellCheck={false} value={draft.prefix} onChange={(event) => set({ prefix: event.target.value })} />
          <TextField label="Named like" hint="Such as *.csv; may be left out" spellCheck={false} value={draft.pattern} onChange={(event) => set({ pattern: event.target.value })} />
        </>
      );
    case "flow":
      return <FlowChoice label="After the success of" value={draft.source} onSet={(source) => set({ source })} />;
  }
}

const ZONES = typeof Intl.supportedValuesOf === "function" ? ["UTC", ...Intl.supportedValuesOf("timeZone")] : ["UTC"];

function Zone({ value, onSet }: { value: string; onSet: (zone: string) => void }) {
  const id = useId();
  return (
    <>
      <TextField label="Time zone" list={id} spellCheck={false} autoComplete="off" value={value} onChange={(event) => onSet(event.target.value)} />
      <datalist id={id}>
        {ZONES.map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </>
  );
}
