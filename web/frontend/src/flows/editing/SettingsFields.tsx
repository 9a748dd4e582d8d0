import { Plus, X } from "lucide-react";
import type { FlowDocument, FlowNode } from "../../api/flows";
import { Editor } from "../../notebook/cells/Editor";
import { Button, IconButton } from "../../parts/Button";
import { Field, TextField } from "../../parts/Field";
import { useKernel } from "../useKernels";
import { cellsOf, changeSettings, withCell, type Cell } from "./changes";
import type { Change } from "./FlowEditor";

interface Props { draft: FlowDocument; node: FlowNode; set: Change }

export function SettingsFields({ draft, node, set }: Props) {
  const put = (part: Record<string, unknown>, key?: string): void => set(changeSettings(draft, node.id, part), key && `${key} ${node.id}`);
  switch (node.type) {
    case "python_script":
      return <Cells {...{ draft, node, put }} />;
    case "sql":
      return (
        <Field label="Query" hint="Polars SQL; its tables are the names of the inputs.">
          {(ids) => (
            <textarea
              {...ids} className="input mono" rows={8} spellCheck={false} value={String(node.settings["query"] ?? "")}
              onChange={(event) => put({ query: event.target.value }, "query")}
            />
          )}
        </Field>
      );
    case "input":
      return <Place what="source" label="Reads" {...{ node, put }} />;
    case "output":
      return <Place what="target" label="Writes" {...{ node, put }} />;
    default:
      return null;
  }
}

type Put = (part: Record<string, unknown>, key?: string) => void;

function Cells({ draft, node, put }: { draft: FlowDocument; node: FlowNode; put: Put }) {
  const kernel = useKernel(node.kernel ?? draft.default_kernel);
  const cells = cellsOf(node);
  const write = (index: number, code: string): void => put({ cells: cells.map((one, at) => (at === index ? { ...one, code } : one)) }, `cell ${index}`);
  return (
    <section className="stack small-gap" aria-label="Cells">
      {cells.map((cell, index) => (
        <OneCell
          key={cell.id} {...{ cell, index }} kernel={kernel?.uid ?? ""} onWrite={(code) => write(index, code)}
          onRemove={cells.length > 1 ? () => put({ cells: cells.filter((one) => one !== cell) }) : null}
        />
      ))}
      <span><Button small icon={Plus} onClick={() => put({ cells: withCell(cells) })}>Add a cell</Button></span>
    </section>
  );
}

interface CellProps { cell: Cell; index: number; kernel: string; onWrite: (code: string) => void; onRemove: (() => void) | null }
const nothing = (): void => undefined;

function OneCell({ cell, index, kernel, onWrite, onRemove }: CellProps) {
  return (
    <div className="cell code-cell">
      <Editor
        kernel={kernel} flow={null} label={`Code of cell ${index + 1}`} code={cell.code} readOnly={false} failingLine={null} onView={nothing}
        onChange={onWrite} run={nothing} runAndAdvance={nothing} focused={nothing}
      />
      {onRemove && <IconButton small icon={X} label={`Delete cell ${index + 1}`} onClick={onRemove} />}
    </div>
  );
}

const FORMATS: [string, string][] = [["parquet", "Parquet"], ["csv", "CSV"], ["json_lines", "JSON lines"]];

// A shared file or the catalog; a table that is part of the flow, and paths by parameter, are left as they are.
function Place({ what, label, node, put }: { what: "source" | "target"; label: string; node: FlowNode; put: Put }) {
  const place = (node.settings[what] ?? {}) as Record<string, unknown>;
  const { kind } = place;
  const change = (part: Record<string, unknown>, key?: string): void => put({ [what]: { ...place, ...part } }, key);
  if (kind !== "file" && kind !== "catalog") return <p className="faint">Its table is part of the flow; change it in the file of the flow.</p>;
  return (
    <fieldset className="options">
      <legend>{label}</legend>
      <Field label="Where">
        {(ids) => (
          <select
            {...ids} className="input" value={kind}
            onChange={(event) => put({ [what]: event.target.value === "file" ? { kind: "file", path: "", format: "parquet" } : { kind: "catalog", name: "", namespace: "default" } })}
          >
            <option value="file">a shared file</option>
            <option value="catalog">the catalog</option>
          </select>
        )}
      </Field>
      {kind === "catalog" ? <CatalogPlace {...{ place, change }} /> : <FilePlace {...{ place, change }} />}
    </fieldset>
  );
}

interface PlaceProps { place: Record<string, unknown>; change: (part: Record<string, unknown>, key?: string) => void }

function CatalogPlace({ place, change }: PlaceProps) {
  return (
    <>
      <TextField label="Name in the catalog" value={String(place["name"] ?? "")} spellCheck={false} onChange={(event) => change({ name: event.target.value }, "catalog")} />
      <TextField label="Namespace" value={String(place["namespace"] ?? "default")} spellCheck={false} onChange={(event) => change({ namespace: event.target.value }, "space")} />
    </>
  );
}

function FilePlace({ place, change }: PlaceProps) {
  const path = place["path"];
  return (
    <>
      {typeof path === "string" ? (
        <TextField label="Path" hint="Of a shared file, such as reports/late.parquet" value={path} spellCheck={false} onChange={(event) => change({ path: event.target.value }, "path")} />
      ) : (
        <p className="faint">Its path comes from a parameter; change that in the file of the flow.</p>
      )}
      <Field label="Format">
        {(ids) => (
          <select {...ids} className="input" value={String(place["format"] ?? "parquet")} onChange={(event) => change({ format: event.target.value })}>
            {FORMATS.map(([format, word]) => (
              <option key={format} value={format}>{word}</option>
            ))}
          </select>
        )}
      </Field>
    </>
  );
}
