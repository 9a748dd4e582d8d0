import { Field } from "../../parts/Field";
import { changeSettings } from "./changes";
import { Cells } from "./fields/Cells";
import { SchemaFields } from "./fields/SchemaFields";
import { SourceFields } from "./fields/SourceFields";
import { TargetFields } from "./fields/TargetFields";
import type { NodeProps } from "./NodeFields";
import { useWrong } from "./wrong";

export type Put = (part: Record<string, unknown>, key?: string) => void;
export type FieldsProps = NodeProps & { put: Put };

// What only nodes of this type have.
export function SettingsFields(props: NodeProps) {
  const { draft, node, set } = props;
  const put: Put = (part, key) => set(changeSettings(draft, node.id, part), key && `${key} ${node.id}`);
  switch (node.type) {
    case "python_script":
      return <Cells {...props} put={put} />;
    case "sql":
      return <Query {...props} put={put} />;
    case "input":
      return (
        <>
          <SourceFields {...props} put={put} />
          <SchemaFields {...props} put={put} />
        </>
      );
    case "output":
      return <TargetFields {...props} put={put} />;
    default:
      return null;
  }
}

function Query({ node, put }: FieldsProps) {
  const wrong = useWrong(node.id)("settings.query");
  const query = String(node.settings["query"] ?? "");
  return (
    <Field label="Query" hint="Polars SQL; its tables are the names of the inputs." wrong={wrong}>
      {(ids) => (
        <textarea
          {...ids} className="input mono query" rows={Math.min(24, Math.max(8, query.split("\n").length + 1))} spellCheck={false} value={query} placeholder="SELECT * FROM …"
          onChange={(event) => put({ query: event.target.value }, "query")}
        />
      )}
    </Field>
  );
}
