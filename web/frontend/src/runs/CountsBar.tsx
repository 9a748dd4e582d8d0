import type { Counts } from "../api/runs";
import { countsInWords, shares } from "./states";

// How far a run is: a stripe for each state of its nodes, and how many are done of how many.
export function CountsBar({ counts }: { counts: Counts }) {
  const parts = shares(counts);
  const all = parts.reduce((sum, one) => sum + one.count, 0);
  const open = (counts.pending ?? 0) + (counts.running ?? 0);
  const words = countsInWords(counts);
  return (
    <span className="counts" role="img" aria-label={words} title={words}>
      <span className="stripe">
        {parts.map((one) => (
          <span key={one.state} className={`part bg-${one.tone}`} style={{ flexGrow: one.count }} />
        ))}
      </span>
      <span className="num faint">{open > 0 ? `${all - open}/${all}` : all}</span>
    </span>
  );
}
