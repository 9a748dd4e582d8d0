import { useState } from "react";
import { ApiError } from "../../api/client";
import { createFlow, isLostUpdate, saveFlow, type Flow, type FlowDocument } from "../../api/flows";
import { queryClient } from "../../app/queries";
import { cleaned } from "./changes";
import { problemIn, type Problem } from "./problems";

export interface Saving {
  busy: boolean;
  error: unknown;
  // Where the server found something wrong, if it is in the flow as it is now.
  problem: Problem | null;
  lost: boolean;
  gone: boolean;
  // `version`: the one that was changed; null: whatever is the newest now.
  save: (version: number | null) => Promise<Flow | null>;
  saveAsNew: () => Promise<Flow | null>;
}

interface State { busy: boolean; error: unknown; sent: FlowDocument | null }

export function useSave(flow: Flow, draft: FlowDocument): Saving {
  const [state, setState] = useState<State>({ busy: false, error: null, sent: null });
  const run = async (send: (document: FlowDocument) => Promise<Flow>): Promise<Flow | null> => {
    setState({ busy: true, error: null, sent: draft });
    try {
      const saved = await send(cleaned(draft));
      setState({ busy: false, error: null, sent: null });
      queryClient.setQueryData(["flow", saved.id, "newest"], saved);
      void queryClient.invalidateQueries({ queryKey: ["flows"] });
      return saved;
    } catch (error) {
      setState({ busy: false, error, sent: draft });
      return null;
    }
  };
  // What was refused and is changed since is not told of any more.
  const problem = state.sent === draft ? problemIn(state.error, draft) : null;
  const is = (status: number): boolean => state.error instanceof ApiError && state.error.status === status;
  return {
    busy: state.busy, error: state.sent !== draft && is(422) ? null : state.error, problem, lost: isLostUpdate(state.error), gone: is(404),
    save: (version) => run((document) => saveFlow(flow.id, document, version)),
    saveAsNew: () => run((document) => createFlow(document)),
  };
}
