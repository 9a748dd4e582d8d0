// Completions: the kernel's, with the names that the cell gives itself; without an answer, what was known last.
import { type Completion, type CompletionContext, type CompletionResult, type CompletionSource } from "@codemirror/autocomplete";
import { localCompletionSource } from "@codemirror/lang-python";
import { inspectionCard } from "./card";
import type { Helper } from "./helper";
import { matchesOf, merged, optionOf, type Match } from "./options";
import { characters, indexOf, type Place } from "./place";
import { knownIn, noteNames } from "./snapshot";

const WORD = /[^\W\d]\w*$/u;
const ASKS = /(?:[\w%]|\.|\[\s*["'])$/;
const NAME = /^\w*$/;

export function completionSource(helper: Helper): CompletionSource {
  return async (context) => {
    if (!context.explicit && !context.matchBefore(ASKS)) return null;
    const place = helper.at(context.state, context.pos);
    const found = await helper.complete(place);
    // Who went on to another cell meanwhile gets no list in the one that was left.
    if (context.aborted || context.view?.hasFocus === false) return null;
    const word = context.matchBefore(WORD);
    const from = word?.from ?? context.pos;
    const isName = context.state.sliceDoc(from - 1, from) !== ".";
    if (found === null) return isName ? resultOf(from, merged(local(context), knownIn(helper.of).map(labelled)), null) : null;
    const start = indexOf(place, found.cursor_start);
    const matches = matchesOf(found);
    if (start !== from) return resultOf(start, matches, null);
    if (isName) noteNames(helper.of, matches.map(({ label, kind }) => ({ name: label, kind })));
    return resultOf(from, isName ? merged(matches, local(context)) : matches, { helper, place });
  };
}

const labelled = ({ name, kind }: { name: string; kind: string }): Match => ({ label: name, kind });

// What the cell itself defines may not have run yet.
function local(context: CompletionContext): Match[] {
  return (localCompletionSource(context)?.options ?? []).map(({ label, type }) => ({ label, kind: type ?? "variable" }));
}

interface Asked { helper: Helper; place: Place }

function resultOf(from: number, matches: readonly Match[], asked: Asked | null): CompletionResult | null {
  if (matches.length === 0) return null;
  const options = matches.map((match) => ({ ...optionOf(match), ...(asked && { info: infoBy(asked, from) }) }));
  return { from, options, ...(matches.every(({ label }) => NAME.test(label.replace(/=$/, ""))) && { validFor: NAME }) };
}

// Its signature and documentation, asked for when it is chosen in the list.
function infoBy({ helper, place }: Asked, from: number): (option: Completion) => Promise<Node | null> {
  const before = place.code.slice(0, from - place.start);
  return async ({ label }) => {
    const code = before + label.replace(/=$/, "");
    const found = await helper.inspect({ code, cursor: characters(code), start: place.start });
    return found?.found ? inspectionCard(found) : null;
  };
}
