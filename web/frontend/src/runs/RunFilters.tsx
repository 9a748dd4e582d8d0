import { useQuery } from "@tanstack/react-query";
import { flows as askFlows } from "../api/flows";
import { Button } from "../parts/Button";
import { lookOf } from "../parts/StateChip";
import { isNarrowed, STATES, TRIGGERS, type RunsSearch } from "./search";
import { triggerWord } from "./states";

export const flowsQuery = { queryKey: ["flows"], queryFn: askFlows, staleTime: 0 };

interface Props { search: RunsSearch; onSet: (part: Partial<RunsSearch>) => void }

export function RunFilters({ search, onSet }: Props) {
  const { data } = useQuery(flowsQuery);
  const flows = new Map(data?.items.map(({ id, name }) => [id, name]));
  // One that is deleted may still be in an address.
  if (search.flow && !flows.has(search.flow)) flows.set(search.flow, search.flow);
  const cleared: RunsSearch = { flow: undefined, state: undefined, trigger: undefined, schedule: undefined, group: undefined };
  return (
    <div className="row wrap" role="search" aria-label="Narrow the runs">
      <Choice label="Flow" value={search.flow} any="all flows" options={[...flows]} onSet={(flow) => onSet({ flow })} />
      <Choice
        label="State" value={search.state} any="any state" options={STATES.map((one) => [one, lookOf(one).word])}
        onSet={(state) => onSet({ state })}
      />
      <Choice
        label="Trigger" value={search.trigger} any="any trigger" options={TRIGGERS.map((one) => [one, triggerWord(one)])}
        onSet={(trigger) => onSet({ trigger })}
      />
      {search.schedule && <Only words="of one schedule" onClear={() => onSet({ schedule: undefined })} />}
      {search.group && <Only words="of one matrix" onClear={() => onSet({ group: undefined })} />}
      {isNarrowed(search) && <Button small kind="quiet" onClick={() => onSet(cleared)}>Show all</Button>}
    </div>
  );
}

function Only({ words, onClear }: { words: string; onClear: () => void }) {
  return <Button small onClick={onClear} aria-label={`Not only ${words}`}>{words} ×</Button>;
}

interface ChoiceProps {
  label: string;
  value: string | undefined;
  any: string;
  options: [string, string][];
  onSet: (value: string | undefined) => void;
}

function Choice({ label, value, any, options, onSet }: ChoiceProps) {
  return (
    <select className="input narrow-choice" aria-label={label} value={value ?? ""} onChange={(event) => onSet(event.target.value || undefined)}>
      <option value="">{any}</option>
      {options.map(([id, words]) => (
        <option key={id} value={id}>{words}</option>
      ))}
    </select>
  );
}
