import { Plus, Table2, X } from "lucide-react";
import { Button, IconButton } from "../../../parts/Button";
import type { FieldsProps } from "../SettingsFields";
import { COLUMN_TYPES } from "../tables";
import { useWrong } from "../wrong";

type Row = [string, string];

// What the table has to be: a run fails where it is not.
export function SchemaFields({ node, put, run }: FieldsProps) {
  const wrong = useWrong(node.id)("settings.schema");
  const schema = (node.settings["schema"] ?? {}) as Record<string, string>;
  const rows: Row[] = Object.entries(schema);
  const set = (next: Row[], key?: string): void => put({ schema: next.length === 0 ? undefined : Object.fromEntries(next) }, key);
  const latest = run?.nodes.find((one) => one.node_id === node.id)?.outputs[0]?.columns.filter(({ type }) => COLUMN_TYPES.includes(type)) ?? [];
  return (
    <details className="policies" open={rows.length > 0 || wrong !== null}>
      <summary>Schema</summary>
      <div className="stack small-gap">
        {rows.length === 0 && <p className="faint">Any columns are taken. Say which have to be there, and of which type: a run fails where they are not.</p>}
        {rows.map(([name, type], index) => (
          <div className="row schema-row" key={index}>
            <input
              className="input mono" aria-label={`Name of column ${index + 1}`} value={name} maxLength={200} spellCheck={false}
              onChange={(event) => renamed(rows, index, event.target.value, set)}
            />
            <select className="input" aria-label={`Type of ${name}`} value={type} onChange={(event) => set(rows.map((one, at) => (at === index ? [name, event.target.value] : one)))}>
              {COLUMN_TYPES.map((one) => <option key={one} value={one}>{one}</option>)}
            </select>
            <IconButton small icon={X} label={`Remove ${name} from the schema`} onClick={() => set(rows.filter((_, at) => at !== index))} />
          </div>
        ))}
        {wrong !== null && <p className="wrong-line" role="alert">{wrong}</p>}
        <div className="row wrap">
          <Button small icon={Plus} onClick={() => set([...rows, [fresh(schema), "String"]])}>Add a column</Button>
          {latest.length > 0 && (
            <Button small icon={Table2} onClick={() => set(latest.map(({ name, type }) => [name, type]))}>As in the latest run</Button>
          )}
        </div>
      </div>
    </details>
  );
}

// Two of one name cannot be said: the second waits for another one.
function renamed(rows: Row[], index: number, name: string, set: (rows: Row[], key?: string) => void): void {
  if (rows.some(([other], at) => at !== index && other === name)) return;
  set(rows.map((one, at) => (at === index ? [name, one[1]] : one)), `schema ${index}`);
}

function fresh(schema: Record<string, string>): string {
  let number = Object.keys(schema).length + 1;
  while (`column_${number}` in schema) number += 1;
  return `column_${number}`;
}
