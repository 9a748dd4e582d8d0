// Two who changed the same notebook, cell by cell, from what both began with. Pure.
import { sameCell, type Content, type ContentCell } from "./content";

// `clashes`: cells that both changed, each in its own way; the merged content has mine.
export interface Merged { content: Content; clashes: string[] }

export function merge(base: Content, mine: Content, theirs: Content): Merged {
  const clashes: string[] = [];
  const [was, ours, others] = [byId(base), byId(mine), byId(theirs)];
  const chosen = new Map<string, ContentCell>();
  for (const id of new Set([...ours.keys(), ...others.keys()])) {
    const cell = choose(was.get(id), ours.get(id), others.get(id), () => clashes.push(id));
    if (cell) chosen.set(id, cell);
  }
  const cells = orderOf(base, mine, theirs).flatMap((id) => chosen.get(id) ?? []);
  const name = mine.name === base.name ? theirs.name : mine.name;
  const kernel = mine.kernel === base.kernel ? theirs.kernel : mine.kernel;
  return { content: { name, kernel, cells }, clashes };
}

function choose(was: ContentCell | undefined, mine: ContentCell | undefined, theirs: ContentCell | undefined, clash: () => void): ContentCell | undefined {
  if (sameCell(mine, theirs)) return mine;
  if (sameCell(mine, was)) return theirs;
  if (sameCell(theirs, was)) return mine;
  // What one deleted and the other changed is kept: nothing is lost that way.
  if (mine && theirs) clash();
  return mine ?? theirs;
}

// Mine if I moved cells, else theirs; cells that only the other has stand behind what they stood behind there.
function orderOf(base: Content, mine: Content, theirs: Content): string[] {
  const [first, second] = movedIn(base, mine) ? [mine, theirs] : [theirs, mine];
  const order = first.cells.map((cell) => cell.id);
  const there = new Set(order);
  second.cells.forEach(({ id }, index) => {
    if (there.has(id)) return;
    const before = second.cells.slice(0, index).findLast((cell) => there.has(cell.id));
    order.splice(before ? order.indexOf(before.id) + 1 : 0, 0, id);
    there.add(id);
  });
  return order;
}

function movedIn(base: Content, now: Content): boolean {
  const ids = new Set(now.cells.map((cell) => cell.id));
  const was = base.cells.map((cell) => cell.id).filter((id) => ids.has(id));
  const known = new Set(was);
  return now.cells.map((cell) => cell.id).filter((id) => known.has(id)).some((id, index) => id !== was[index]);
}

function byId(content: Content): Map<string, ContentCell> {
  return new Map(content.cells.map((cell) => [cell.id, cell]));
}
