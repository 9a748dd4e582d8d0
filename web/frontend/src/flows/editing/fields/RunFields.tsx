import { Field, TextField } from "../../../parts/Field";
import { changeSettings } from "../changes";
import type { NodeProps } from "../NodeFields";
import { useWrong } from "../wrong";
import { NumberField } from "./NumberField";

const FIELDS = ["outputs", "timeout_s", "retries", "cache"];
const NO_RETRY = { max: 0, delay_s: 0, backoff: 1, jitter: 0 };

// How it runs: what it has to put out, how long it may take, how often it is tried, whether its result is kept.
export function RunFields({ draft, node, set }: NodeProps) {
  const wrong = useWrong(node.id);
  const at = (field: string): string | null => wrong(`settings.${field}`);
  const put = (part: Record<string, unknown>, key?: string): void => set(changeSettings(draft, node.id, part), key && `${key} ${node.id}`);
  const { outputs, timeout_s, cache } = node.settings;
  const said = FIELDS.filter((one) => node.settings[one] !== undefined && node.settings[one] !== null);
  return (
    <details className="policies" open={said.length > 0 || FIELDS.some((one) => at(one) !== null)}>
      <summary>Outputs, time and retries</summary>
      <div className="stack">
        <TextField
          label="Declared outputs" hint="Names, with commas between them: it fails when it did not put one out." wrong={at("outputs")} spellCheck={false} className="mono"
          value={Array.isArray(outputs) ? outputs.join(", ") : ""} placeholder="any"
          onChange={(event) => put({ outputs: namesIn(event.target.value) }, "outputs")}
        />
        <NumberField label="Time limit, s" wrong={at("timeout_s")} value={timeout_s} placeholder="none" onSet={(value) => put({ timeout_s: value }, "timeout")} />
        <Retries retries={node.settings["retries"]} at={at} onSet={(retries, key) => put({ retries }, key)} />
        <Field label="Results of earlier runs" hint="The same code, settings, parameters, inputs and packages give the same result: then it is not run again." wrong={at("cache")}>
          {(ids) => (
            <select
              {...ids} className="input" value={cache === true ? "on" : cache === false ? "off" : ""}
              onChange={(event) => put({ cache: event.target.value === "" ? undefined : event.target.value === "on" })}
            >
              <option value="">used where it reads something</option>
              <option value="on">always used, even if it writes elsewhere</option>
              <option value="off">never used</option>
            </select>
          )}
        </Field>
      </div>
    </details>
  );
}

interface RetriesProps { retries: unknown; at: (field: string) => string | null; onSet: (retries: Record<string, unknown> | undefined, key?: string) => void }

function Retries({ retries, at, onSet }: RetriesProps) {
  const now = typeof retries === "object" && retries !== null ? (retries as Record<string, unknown>) : null;
  const set = (part: Record<string, unknown>): void => {
    const next = { ...NO_RETRY, ...now, ...part };
    onSet(next["max"] === undefined || next["max"] === 0 ? undefined : next, `retries ${Object.keys(part).join()}`);
  };
  return (
    <>
      <NumberField
        label="Retries" hint="Tried again so often after it failed, took too long or was lost." wrong={at("retries.max")} value={now?.["max"]} placeholder="0"
        onSet={(max) => set({ max })}
      />
      {now && (
        <div className="row three">
          <NumberField label="Delay, s" wrong={at("retries.delay_s")} value={now["delay_s"]} onSet={(delay_s = 0) => set({ delay_s })} />
          <NumberField label="× each time" wrong={at("retries.backoff")} value={now["backoff"]} onSet={(backoff = 1) => set({ backoff })} />
          <NumberField label="± part" wrong={at("retries.jitter")} value={now["jitter"]} onSet={(jitter = 0) => set({ jitter })} />
        </div>
      )}
    </>
  );
}

// A comma that was just written stays: a name is to follow it.
function namesIn(text: string): string[] | undefined {
  if (text.trim() === "") return undefined;
  return text.split(",").map((one) => one.trim());
}
