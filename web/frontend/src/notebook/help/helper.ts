// Asks a kernel for one editor. One that does not answer is left alone for a while.
import type { EditorState } from "@codemirror/state";
import { complete, inspect, signature, type CallSignature, type Completions, type Inspection, type Question } from "../../api/help";
import { placeIn, type Place } from "./place";

// Whose objects are meant; without a kernel there is no help. `flow`: the namespace, null is the loose one.
export interface HelpOf { kernel: string | null; flow: string | null }

const QUIET_MS = 5_000;

export class Helper {
  private quietUntil = 0;

  constructor(readonly of: HelpOf) {}

  get isQuiet(): boolean {
    return this.of.kernel === null || Date.now() < this.quietUntil;
  }

  complete(place: Place): Promise<Completions | null> {
    return this.ask(complete, place);
  }

  inspect(place: Place): Promise<Inspection | null> {
    return this.ask(inspect, place);
  }

  signature(place: Place): Promise<CallSignature | null> {
    return this.ask(signature, place);
  }

  at(state: EditorState, position: number): Place {
    return placeIn(state.doc.toString(), position);
  }

  // Null: there is no answer, for a kernel that is not there or that does nothing but its cell.
  private async ask<T>(question: (kernel: string, question: Question) => Promise<T>, { code, cursor }: Place): Promise<T | null> {
    const { kernel, flow } = this.of;
    if (kernel === null || this.isQuiet) return null;
    try {
      return await question(kernel, { code, cursor, flow_id: flow });
    } catch {
      this.quietUntil = Date.now() + QUIET_MS;
      return null;
    }
  }
}
