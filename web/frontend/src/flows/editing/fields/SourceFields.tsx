import { Field } from "../../../parts/Field";
import type { FieldsProps } from "../SettingsFields";
import { EMPTY_TABLE, tableIn } from "../tables";
import { useWrong } from "../wrong";
import { CatalogPlace } from "./CatalogPlace";
import { FilePlace } from "./PathField";
import { TableGrid } from "./TableGrid";

const STARTS: Record<string, Record<string, unknown>> = {
  file: { kind: "file", path: "", format: "parquet" }, catalog: { kind: "catalog", name: "", namespace: "default" }, table: { ...EMPTY_TABLE },
};

// What an input reads.
export function SourceFields({ draft, node, put }: FieldsProps) {
  const wrong = useWrong(node.id);
  const place = (node.settings["source"] ?? STARTS["file"]) as Record<string, unknown>;
  const kind = String(place["kind"]);
  const change = (part: Record<string, unknown>, key?: string): void => put({ source: without({ ...place, ...part }) }, key);
  return (
    <fieldset className="options">
      <legend>Reads</legend>
      <Field label="From" wrong={kind === "table" ? wrong("settings.source") : null}>
        {(ids) => (
          <select {...ids} className="input" value={kind} onChange={(event) => put({ source: STARTS[event.target.value] })}>
            <option value="file">a shared file</option>
            <option value="catalog">the catalog</option>
            <option value="table">a table that is written here</option>
          </select>
        )}
      </Field>
      {kind === "file" && <FilePlace {...{ place }} parameters={draft.parameters} wrong={wrong("settings.source.path")} writes={false} onChange={change} />}
      {kind === "catalog" && <CatalogPlace {...{ place }} wrong={(field) => wrong(`settings.source.${field}`)} writes={false} onChange={change} />}
      {kind === "table" && <TableGrid table={tableIn(place)} onSet={(table, key) => put({ source: table }, key)} />}
    </fieldset>
  );
}

export const without = (place: Record<string, unknown>): Record<string, unknown> => Object.fromEntries(Object.entries(place).filter(([, value]) => value !== undefined));
