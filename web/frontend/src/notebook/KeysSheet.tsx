import { Sheet } from "../parts/Sheet";
import { useScheme, type Scheme } from "./cells/scheme";

type Row = [keys: string, does: string];

const RUN: Record<Scheme, Row[]> = {
  husk: [["Shift Enter", "run the cell"], ["Ctrl Enter", "run it and go on to the next; Cmd on a Mac"]],
  jupyter: [["Shift Enter", "run the cell and go on to the next"], ["Ctrl Enter", "run it"], ["Alt Enter", "run it and add one below"]],
};
const WRITING: Row[] = [
  ["Ctrl F", "find and replace in all cells"], ["Ctrl S", "save now"], ["Ctrl Z", "take back what was typed"],
  ["Ctrl Space", "complete"], ["Esc", "leave the editor: the cell is chosen then"],
];
const CHOSEN: Record<Scheme, Row[]> = {
  husk: [["Delete", "delete the cell"]],
  jupyter: [
    ["A, B", "add a cell above, below"], ["D D", "delete the cell"], ["X, C, V", "cut, copy, paste below"], ["M, Y", "make it text, code"],
    ["Z", "take back a change of cells"], ["K, J", "choose the one above, below"],
  ],
};
const BOTH: Row[] = [
  ["↑, ↓", "choose the cell above, below"], ["Enter", "write in it"], ["Alt ↑, Alt ↓", "move it"],
  ["Ctrl Z, Ctrl Shift Z", "take back a change of cells, and do it again"], ["?", "the reference of flowfile"],
];

export function KeysSheet({ onClose }: { onClose: () => void }) {
  const scheme = useScheme();
  return (
    <Sheet open onClose={onClose} title="Keys" about={scheme === "jupyter" ? "As in Jupyter; the menu has ours." : "Ours; the menu has Jupyter's."}>
      <div className="content">
        <Keys title="Running" rows={RUN[scheme]} />
        <Keys title="While you write" rows={WRITING} />
        <Keys title="With a cell chosen" rows={[...BOTH, ...CHOSEN[scheme]]} />
      </div>
    </Sheet>
  );
}

function Keys({ title, rows }: { title: string; rows: readonly Row[] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl className="keys-list">
        {rows.map(([keys, does]) => (
          <div key={keys}>
            <dt>{keys.split(", ").map((one, index) => (
              <span key={one}>{index > 0 && ", "}{one.split(" ").map((key) => <kbd key={key}>{key}</kbd>)}</span>
            ))}</dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
