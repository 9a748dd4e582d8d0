import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { names, versions } from "../../../api/catalog";
import { Field, TextField } from "../../../parts/Field";

interface Props {
  place: Record<string, unknown>;
  wrong: (field: string) => string | null;
  writes: boolean;
  onChange: (part: Record<string, unknown>, key?: string) => void;
}

// An artifact of the catalog: one of the list, or a name that is still to come.
export function CatalogPlace({ place, wrong, writes, onChange }: Props) {
  const list = useId();
  const name = String(place["name"] ?? "");
  const namespace = String(place["namespace"] ?? "default");
  const { data } = useQuery({ queryKey: ["catalog", "to choose", namespace], queryFn: () => names({ namespace: namespace || "default" }, ""), staleTime: 10_000 });
  const there = data?.items ?? [];
  return (
    <>
      <Field
        label="Name in the catalog" wrong={wrong("name")}
        hint={writes ? "Each run makes one more version." : data && name !== "" && !data.next && !there.some((one) => one.name === name) ? "There is nothing of this name yet." : "The list has what is there."}
      >
        {(ids) => (
          <>
            <input {...ids} className="input mono" value={name} list={list} maxLength={200} spellCheck={false} autoComplete="off" onChange={(event) => onChange({ name: event.target.value }, "name")} />
            <datalist id={list}>{there.map((one) => <option key={one.name} value={one.name}>{one.python_type}</option>)}</datalist>
          </>
        )}
      </Field>
      <TextField label="Namespace" wrong={wrong("namespace")} value={namespace} className="mono" spellCheck={false} onChange={(event) => onChange({ namespace: event.target.value || undefined }, "space")} />
      {!writes && <VersionChoice name={there.some((one) => one.name === name) ? name : ""} namespace={namespace} value={place["version"]} onSet={(version) => onChange({ version })} />}
    </>
  );
}

function VersionChoice({ name, namespace, value, onSet }: { name: string; namespace: string; value: unknown; onSet: (version: number | undefined) => void }) {
  const { data } = useQuery({ queryKey: ["catalog", "versions to choose", namespace, name], queryFn: () => versions({ namespace, name }, ""), enabled: name !== "", staleTime: 10_000 });
  const there = data?.items.map((one) => one.version) ?? [];
  const said = typeof value === "number" ? value : null;
  return (
    <Field label="Version" hint="The latest is looked up by each run.">
      {(ids) => (
        <select {...ids} className="input" value={said ?? ""} onChange={(event) => onSet(event.target.value === "" ? undefined : Number(event.target.value))}>
          <option value="">the latest</option>
          {said !== null && !there.includes(said) && <option value={said}>{said}</option>}
          {there.map((one) => <option key={one} value={one}>{one}</option>)}
        </select>
      )}
    </Field>
  );
}
