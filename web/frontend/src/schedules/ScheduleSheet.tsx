import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { flow as askFlow } from "../api/flows";
import { changeSchedule, createSchedule, previewSchedule, type Schedule } from "../api/schedules";
import { ApiError } from "../api/client";
import { draftFor, isReady, parametersOf, valuesOf, type Draft as Values } from "../flows/parameters";
import { ParameterFields } from "../flows/ParameterFields";
import { Button } from "../parts/Button";
import { Failure } from "../parts/Notice";
import { Sheet } from "../parts/Sheet";
import { bodyOf, draftOf, fresh, lacks, type Draft } from "./draft";
import { Policies } from "./Policies";
import { Preview } from "./Preview";
import { schedulesChanged } from "./useSchedules";
import { WhatFields, WhenFields } from "./WhenFields";

const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

interface Props { flow?: string | undefined; schedule?: Schedule; onClose: () => void }

export function ScheduleSheet({ flow, schedule, onClose }: Props) {
  const [draft, setDraft] = useState<Draft>(() => (schedule ? draftOf(schedule) : fresh(flow ?? "", HERE)));
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null });
  const [values, setValues] = useState<Values | null>(null);
  const { data } = useQuery({ queryKey: ["flow", draft.flow, "newest"], queryFn: () => askFlow(draft.flow), enabled: draft.flow !== "" });
  const parameters = parametersOf(data?.parameters ?? {});
  const written = values ?? draftFor(parameters, schedule?.parameters);
  const set = (part: Partial<Draft>): void => setDraft({ ...draft, ...part });
  const body = bodyOf(draft, valuesOf(parameters, written));
  const missing = lacks(draft);
  const submit = async (): Promise<void> => {
    setState({ busy: true, error: null });
    try {
      const named = body.name === "" ? { ...body, name: (await previewSchedule({ ...body, name: "new" })).words.slice(0, 200) } : body;
      await (schedule ? changeSchedule(schedule.id, named) : createSchedule(draft.flow, named));
      await schedulesChanged();
      onClose();
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  const refused = (name: string): string | null =>
    state.error instanceof ApiError && state.error.field === `parameters.${name}` ? state.error.message : null;
  const elsewhere = parameters.some(({ name }) => refused(name) !== null) ? null : state.error;
  return (
    <Sheet
      open wide onClose={onClose} title={schedule ? `Edit ${schedule.name || schedule.words}` : "New schedule"}
      about="A flow runs by it while nobody looks; stopped kernels are started for it and stopped again."
    >
      <form className="sheet-form" noValidate onSubmit={(event) => (event.preventDefault(), void submit())}>
        <div className="content">
          <WhatFields {...{ draft, set }} fixed={schedule !== undefined} onFlow={() => setValues(null)} />
          <WhenFields {...{ draft, set }} />
          <Preview body={body} missing={missing} timezone={draft.timezone} />
          {parameters.length > 0 && (
            <fieldset className="options">
              <legend>Parameters</legend>
              <ParameterFields {...{ parameters, refused }} draft={written} onChange={setValues} />
            </fieldset>
          )}
          <Policies {...{ draft, set }} />
        </div>
        <footer>
          <Failure error={elsewhere} />
          <Button type="submit" kind="primary" busy={state.busy} disabled={missing !== null || !isReady(parameters, written)}>
            {schedule ? "Save" : "Create schedule"}
          </Button>
        </footer>
      </form>
    </Sheet>
  );
}
