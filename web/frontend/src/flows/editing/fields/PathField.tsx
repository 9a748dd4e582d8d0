import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { allFiles } from "../../../api/files";
import type { FlowDocument } from "../../../api/flows";
import { Field } from "../../../parts/Field";
import { parametersOf } from "../../parameters";

interface Props {
  place: Record<string, unknown>;
  parameters: FlowDocument["parameters"];
  wrong: string | null;
  writes: boolean;
  onChange: (part: Record<string, unknown>, key?: string) => void;
}

const FORMATS: [string, string, RegExp][] = [
  ["parquet", "Parquet", /\.(parquet|pq)$/i], ["csv", "CSV", /\.(csv|tsv)$/i], ["json_lines", "JSON lines", /\.(jsonl|ndjson|json)$/i],
];

// A shared file, by its path or by a parameter that is the path.
export function FilePlace({ place, parameters, wrong, writes, onChange }: Props) {
  const { path } = place;
  const texts = parametersOf(parameters).filter((one) => one.type === "string");
  const named = typeof path === "object" && path !== null ? String((path as Record<string, unknown>)["parameter"] ?? "") : null;
  const format = String(place["format"] ?? "parquet");
  return (
    <>
      {(texts.length > 0 || named !== null) && (
        <Field label="Path from">
          {(ids) => (
            <select
              {...ids} className="input" value={named ?? ""}
              onChange={(event) => onChange({ path: event.target.value === "" ? startOf(texts, named) : { parameter: event.target.value } })}
            >
              <option value="">what stands here</option>
              {named !== null && !texts.some((one) => one.name === named) && <option value={named}>the parameter {named}</option>}
              {texts.map(({ name }) => <option key={name} value={name}>the parameter {name}</option>)}
            </select>
          )}
        </Field>
      )}
      {named === null ? (
        <Path
          value={String(path ?? "")} wrong={wrong} writes={writes}
          onSet={(next) => onChange({ path: next, ...formFor(next, format) }, "path")}
        />
      ) : (
        wrong !== null && <p className="wrong-line" role="alert">{wrong}</p>
      )}
      <Field label="Format">
        {(ids) => (
          <select {...ids} className="input" value={format} onChange={(event) => onChange({ format: event.target.value })}>
            {FORMATS.map(([name, word]) => <option key={name} value={name}>{word}</option>)}
          </select>
        )}
      </Field>
    </>
  );
}

const startOf = (texts: { name: string; start: string }[], named: string | null): string => texts.find((one) => one.name === named)?.start ?? "";

// An ending that says a format sets it.
function formFor(path: string, now: string): { format?: string } {
  const found = FORMATS.find(([, , ending]) => ending.test(path))?.[0];
  return found === undefined || found === now ? {} : { format: found };
}

function Path({ value, wrong, writes, onSet }: { value: string; wrong: string | null; writes: boolean; onSet: (path: string) => void }) {
  const list = useId();
  const { data } = useQuery({ queryKey: ["files", "all"], queryFn: allFiles, staleTime: 10_000 });
  const paths = data?.items.map((one) => one.path) ?? [];
  const hint = writes
    ? "A shared file, such as reports/late.parquet; it is written anew by each run."
    : data && value !== "" && !data.next && !paths.includes(value) ? "There is no shared file of this path yet." : "A shared file; the list has those that are there.";
  return (
    <Field label="Path" hint={hint} wrong={wrong}>
      {(ids) => (
        <>
          <input {...ids} className="input mono" value={value} list={list} spellCheck={false} autoComplete="off" onChange={(event) => onSet(event.target.value)} />
          <datalist id={list}>{paths.map((path) => <option key={path} value={path} />)}</datalist>
        </>
      )}
    </Field>
  );
}
