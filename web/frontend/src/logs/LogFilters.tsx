import { useQuery } from "@tanstack/react-query";
import { Find } from "../artifacts/Find";
import { kernelsQuery } from "../kernels/useKernels";
import { Button } from "../parts/Button";
import { flowsQuery } from "../runs/RunFilters";
import { fromField, isNarrowed, LEVELS, NOTHING, SPANS, toField, type LogsSearch } from "./search";

interface Props { search: LogsSearch; onSet: (part: Partial<LogsSearch>) => void }

export function LogFilters({ search, onSet }: Props) {
  const flows = useQuery(flowsQuery);
  const kernels = useQuery(kernelsQuery);
  const flowNames = (flows.data?.items ?? []).map(({ id, name }): [string, string] => [id, name]);
  const kernelNames = (kernels.data?.items ?? []).map(({ uid, name }): [string, string] => [uid, name]);
  return (
    <div className="row wrap" role="search" aria-label="Narrow the lines">
      {search.node && <Only words={`node ${search.node}`} onClear={() => onSet({ node: undefined })} />}
      {search.run && <Only words={`run ${search.run}`} onClear={() => onSet({ run: undefined })} />}
      {search.execution && <Only words="one execution" onClear={() => onSet({ execution: undefined })} />}
      <Choice
        label="Least level" any="all levels" value={search.level} options={LEVELS.slice(1).map((one) => [one, `${one.toLowerCase()} and above`])}
        onSet={(level) => onSet({ level })}
      />
      <Choice label="Flow" any="all flows" value={search.flow} options={flowNames} onSet={(flow) => onSet({ flow })} />
      <Choice label="Kernel" any="all kernels" value={search.kernel} options={kernelNames} onSet={(kernel) => onSet({ kernel })} />
      <Span search={search} onSet={onSet} />
      <Find value={search.q ?? ""} words="Find in the messages" onSet={(q) => onSet({ q })} />
      {isNarrowed(search) && <Button small kind="quiet" onClick={() => onSet(NOTHING)}>Show all</Button>}
    </div>
  );
}

const BETWEEN = "between";

// A span that ends now, or two moments.
function Span({ search: { since, until }, onSet }: Props) {
  const between = (since !== undefined && !(since in SPANS)) || until !== undefined;
  const choose = (value: string | undefined): void =>
    onSet(value === BETWEEN ? { since: new Date(Date.now() - 86_400_000).toISOString(), until: undefined } : { since: value, until: undefined });
  return (
    <>
      <Choice
        label="Time" any="any time" value={between ? BETWEEN : since}
        options={[...Object.entries(SPANS).map(([id, { words }]): [string, string] => [id, words]), [BETWEEN, "between…"]]} onSet={choose}
      />
      {between && (
        <>
          <input
            type="datetime-local" className="input moment" aria-label="From" value={toField(since)}
            onChange={(event) => onSet({ since: fromField(event.target.value) })}
          />
          <input
            type="datetime-local" className="input moment" aria-label="Until" value={toField(until)}
            onChange={(event) => onSet({ until: fromField(event.target.value) })}
          />
        </>
      )}
    </>
  );
}

function Only({ words, onClear }: { words: string; onClear: () => void }) {
  return <Button small onClick={onClear} aria-label={`Not only ${words}`}>{words} ×</Button>;
}

interface ChoiceProps {
  label: string; any: string; value: string | undefined; options: [string, string][]; onSet: (value: string | undefined) => void;
}

function Choice({ label, any, value, options, onSet }: ChoiceProps) {
  // One that is gone may still be in an address.
  const all = value === undefined || options.some(([id]) => id === value) ? options : [...options, [value, value] as [string, string]];
  return (
    <select className="input narrow-choice" aria-label={label} value={value ?? ""} onChange={(event) => onSet(event.target.value || undefined)}>
      <option value="">{any}</option>
      {all.map(([id, words]) => (
        <option key={id} value={id}>{words}</option>
      ))}
    </select>
  );
}
