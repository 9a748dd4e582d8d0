import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { startRun, type Flow } from "../api/flows";
import { ApiError } from "../api/client";
import type { Kernel } from "../api/types";
import { queryClient } from "../app/queries";
import { useTell } from "../kernels/KernelActions";
import { Button } from "../parts/Button";
import { TextField } from "../parts/Field";
import { Failure, Notice } from "../parts/Notice";
import { Sheet } from "../parts/Sheet";
import { take } from "../runs/liveRuns";
import { newId } from "../words/ids";
import { counted } from "../words/sizes";
import { useKernelsOf } from "./useKernels";
import { ParameterFields } from "./ParameterFields";
import { draftFor, isReady, parametersOf, valuesOf } from "./parameters";

const MOST_PARALLEL = 200;

// What a run is to be, and whether its kernels are up.
export function RunSheet({ flow, target, onClose }: { flow: Flow; target?: string | undefined; onClose: () => void }) {
  const parameters = parametersOf(flow.parameters);
  const [draft, setDraft] = useState(() => draftFor(parameters));
  const [options, setOptions] = useState<Options>({ cache: true, start_kernels: false, max_parallel: "16", only: target !== undefined });
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null });
  // The same for a press that is sent twice.
  const [key] = useState(newId);
  const navigate = useNavigate();
  const { down } = useKernelsOf(flow);
  const parallel = Number(options.max_parallel);
  const wrongParallel = Number.isInteger(parallel) && parallel >= 1 && parallel <= MOST_PARALLEL ? null : `1 to ${MOST_PARALLEL}`;
  const waits = down.length > 0 && !options.start_kernels;
  const submit = async (): Promise<void> => {
    setState({ busy: true, error: null });
    try {
      const wanted = {
        cache: options.cache, start_kernels: options.start_kernels, max_parallel: parallel,
        ...(options.only && target !== undefined && { targets: [target] }),
      };
      const row = await startRun(flow.id, { parameters: valuesOf(parameters, draft), options: wanted, version: flow.version, idempotency_key: key });
      take(queryClient, row.id, row);
      await navigate({ to: "/flows/$id", params: { id: flow.id }, search: { run: row.id } });
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  const refused = (name: string): string | null =>
    state.error instanceof ApiError && state.error.field === `parameters.${name}` ? state.error.message : null;
  const elsewhere = parameters.some(({ name }) => refused(name) !== null) ? null : state.error;
  return (
    <Sheet open onClose={onClose} title={`Run ${flow.name}`} about={`Version ${flow.version}, ${counted(flow.nodes.length, "node")}.`}>
      <form className="sheet-form" noValidate onSubmit={(event) => (event.preventDefault(), void submit())}>
        <div className="content">
          {down.map((kernel) => (
            <Down key={kernel.uid} kernel={kernel} />
          ))}
          {parameters.length === 0 && <p className="faint">This flow has no parameters.</p>}
          <ParameterFields {...{ parameters, draft, refused }} onChange={setDraft} />
          <OptionFields {...{ options, target, wrongParallel }} onChange={setOptions} />
        </div>
        <footer>
          <Failure error={elsewhere} />
          {waits && <p className="soft">A kernel that this flow needs is stopped: start it, or let the run do that.</p>}
          <Button type="submit" kind="primary" busy={state.busy} disabled={!isReady(parameters, draft) || wrongParallel !== null || waits}>
            Run
          </Button>
        </footer>
      </form>
    </Sheet>
  );
}

interface Options { cache: boolean; start_kernels: boolean; max_parallel: string; only: boolean }
interface OptionProps { options: Options; target: string | undefined; wrongParallel: string | null; onChange: (options: Options) => void }

function OptionFields({ options, target, wrongParallel, onChange }: OptionProps) {
  const set = (part: Partial<Options>): void => onChange({ ...options, ...part });
  return (
    <fieldset className="options">
      <legend>Options</legend>
      <Check label="Use results of earlier runs where nothing changed" on={options.cache} onSet={(cache) => set({ cache })} />
      <Check label="Start stopped kernels for this run, and stop them after it" on={options.start_kernels} onSet={(start_kernels) => set({ start_kernels })} />
      {target !== undefined && <Check label={`Only ${target} and what it needs`} on={options.only} onSet={(only) => set({ only })} />}
      <TextField
        label="Nodes at a time" wrong={wrongParallel} value={options.max_parallel} inputMode="numeric" className="narrow"
        onChange={(event) => set({ max_parallel: event.target.value })}
      />
    </fieldset>
  );
}

function Check({ label, on, onSet }: { label: string; on: boolean; onSet: (on: boolean) => void }) {
  return (
    <label className="row check">
      <input type="checkbox" checked={on} onChange={(event) => onSet(event.target.checked)} />
      {label}
    </label>
  );
}

export function Down({ kernel }: { kernel: Kernel }) {
  const { tell, busy, error } = useTell(kernel);
  const words = kernel.state === "error" ? `${kernel.name} is in trouble: ${kernel.error ?? "it could not start"}` : `${kernel.name} is stopped.`;
  return (
    <Notice inline tone="amber" actions={<Button small busy={busy} onClick={() => tell("start")}>Start {kernel.name}</Button>}>
      {words}
      {error && <p>{error}</p>}
    </Notice>
  );
}
