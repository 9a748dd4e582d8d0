import { Field, TextField } from "../../../parts/Field";
import type { FieldsProps } from "../SettingsFields";
import { useWrong } from "../wrong";
import { CatalogPlace } from "./CatalogPlace";
import { FilePlace } from "./PathField";
import { without } from "./SourceFields";

const STARTS: Record<string, Record<string, unknown>> = {
  file: { kind: "file", path: "", format: "parquet" }, catalog: { kind: "catalog", name: "", namespace: "default" },
};

// Where an output writes.
export function TargetFields({ draft, node, put }: FieldsProps) {
  const wrong = useWrong(node.id);
  const place = (node.settings["target"] ?? STARTS["file"]) as Record<string, unknown>;
  const kind = String(place["kind"]);
  const change = (part: Record<string, unknown>, key?: string): void => put({ target: without({ ...place, ...part }) }, key);
  return (
    <fieldset className="options">
      <legend>Writes</legend>
      <Field label="To">
        {(ids) => (
          <select {...ids} className="input" value={kind} onChange={(event) => put({ target: STARTS[event.target.value] })}>
            <option value="file">a shared file</option>
            <option value="catalog">the catalog</option>
          </select>
        )}
      </Field>
      {kind === "file" && <FilePlace {...{ place }} parameters={draft.parameters} wrong={wrong("settings.target.path")} writes onChange={change} />}
      {kind === "catalog" && (
        <>
          <CatalogPlace {...{ place }} wrong={(field) => wrong(`settings.target.${field}`)} writes onChange={change} />
          <TextField
            label="Description" wrong={wrong("settings.target.description")} value={String(place["description"] ?? "")} maxLength={10_000}
            onChange={(event) => change({ description: event.target.value || undefined }, "description")}
          />
          <TextField
            label="Tags" hint="With commas between them." wrong={wrong("settings.target.tags")} value={Array.isArray(place["tags"]) ? place["tags"].join(", ") : ""}
            onChange={(event) => change({ tags: event.target.value.trim() === "" ? undefined : event.target.value.split(",").map((one) => one.trim()) }, "tags")}
          />
        </>
      )}
    </fieldset>
  );
}
