import { Field } from "../parts/Field";
import type { Offer } from "../app/runtime";
import type { Draft } from "./draft";
import { duration } from "../words/times";

const IDLE: (number | null)[] = [null, 900, 1800, 3600, 14_400, 86_400];

export interface Props { draft: Draft; set: (part: Partial<Draft>) => void; told: (field: string) => string | null; locked: boolean }

// What is done with a kernel when nobody looks.
export function PolicyFields({ draft, set, told, locked }: Props) {
  const choices = IDLE.includes(draft.idle_timeout_s) ? IDLE : [...IDLE, draft.idle_timeout_s];
  return (
    <>
      <Field
        label="Stop it without work" wrong={told("idle_timeout_s")}
        hint="Its variables are lost then; its cells, output and files stay."
      >
        {(ids) => (
          <select
            {...ids} className="input" disabled={locked} value={String(draft.idle_timeout_s)}
            onChange={(event) => set({ idle_timeout_s: event.target.value === "null" ? null : Number(event.target.value) })}
          >
            {choices.map((seconds) => (
              <option key={String(seconds)} value={String(seconds)}>
                {seconds === null ? "never" : `after ${inWords(seconds)}`}
              </option>
            ))}
          </select>
        )}
      </Field>
      <label className="row check">
        <input
          type="checkbox" checked={draft.auto_restart} disabled={locked}
          onChange={(event) => set({ auto_restart: event.target.checked })}
        />
        Start it again when it fails, with no variables from before
      </label>
    </>
  );
}

function inWords(seconds: number): string {
  if (seconds % 3600 === 0) return seconds === 3600 ? "1 hour" : `${seconds / 3600} hours`;
  return seconds % 60 === 0 ? `${seconds / 60} minutes` : duration(seconds);
}

interface ContainerProps { draft: Draft; offer: Offer; set: Props["set"]; told: Props["told"] }

const NETWORKS: [Draft["network"], string][] = [["internet", "internet"], ["isolated", "none: Husk alone"]];

export function ContainerFields(props: ContainerProps) {
  return (
    <>
      {props.offer.container && <OfContainers {...props} />}
      <Gpu {...props} />
    </>
  );
}

// Where there is none it is said: who looks for it need not wonder.
function Gpu({ draft, offer, set }: ContainerProps) {
  const why = offer.container ? "The engine of this host offers none." : "Kernels are processes of this host here: they have no GPU of their own.";
  return (
    <Field label="GPU" hint={offer.gpu ? "" : why}>
      {(ids) => (
        <label className="row check">
          <input
            {...ids} type="checkbox" disabled={!offer.gpu} checked={draft.gpu && offer.gpu} onChange={(event) => set({ gpu: event.target.checked })}
          />
          With this host's GPUs
        </label>
      )}
    </Field>
  );
}

// Only a container has a choice of these.
function OfContainers({ draft, offer, set, told }: ContainerProps) {
  return (
    <>
      <Field label="Network" wrong={told("network")} hint="Without one, cells reach neither the internet nor other hosts.">
        {(ids) => (
          <select
            {...ids} className="input" value={draft.network}
            onChange={(event) => set({ network: event.target.value as Draft["network"] })}
          >
            {NETWORKS.map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        )}
      </Field>
      {offer.flavours.length > 1 && (
        <Field label="Image" wrong={told("flavour")} hint="What it is made from: which packages are there without further ado.">
          {(ids) => (
            <select {...ids} className="input" value={draft.flavour} onChange={(event) => set({ flavour: event.target.value })}>
              {offer.flavours.map((flavour) => (
                <option key={flavour}>{flavour}</option>
              ))}
            </select>
          )}
        </Field>
      )}
    </>
  );
}
