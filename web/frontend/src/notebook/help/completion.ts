// The kernel's own completions.
import type { CompletionContext, CompletionResult, CompletionSource } from "@codemirror/autocomplete";
import { complete } from "../../api/calls";
import type { HelpOf } from "./extensions";

export function completionSource(of: HelpOf): CompletionSource {
  return (context) => (of.kernel === null ? null : ask(of.kernel, of.flow, context));
}

// The kernel counts characters, the editor halves of surrogate pairs.
async function ask(kernel: string, flow: string | null, context: CompletionContext): Promise<CompletionResult | null> {
  const code = context.state.doc.toString();
  const word = context.matchBefore(/[\w.]+/);
  if (!word && !context.explicit) return null;
  try {
    const found = await complete(kernel, flow, code, [...code.slice(0, context.pos)].length);
    const from = [...code].slice(0, found.cursor_start).join("").length;
    return { from, options: found.matches.slice(0, 200).map((label) => ({ label })), validFor: /^[\w.]*$/ };
  } catch {
    return null;
  }
}
