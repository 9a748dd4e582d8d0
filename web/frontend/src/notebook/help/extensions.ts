// What the editor of a cell knows of the kernel: completion, hover and signatures from its live objects.
import { autocompletion } from "@codemirror/autocomplete";
import type { Extension } from "@codemirror/state";
import { completionSource } from "./completion";

// Whose objects are meant; without a kernel there is no help. `flow`: the namespace, null is the loose one.
export interface HelpOf { kernel: string | null; flow: string | null }

export function helpExtensions(of: HelpOf): Extension[] {
  return [autocompletion({ override: [completionSource(of)], activateOnTyping: of.kernel !== null })];
}
