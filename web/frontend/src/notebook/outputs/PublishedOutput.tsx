import { Package, Table2, Trash2 } from "lucide-react";
import type { Published } from "../runs/published";

const LOOKS = {
  output: { icon: Table2, word: "Output" },
  artifact: { icon: Package, word: "Artifact" },
  deleted: { icon: Trash2, word: "Deleted artifact" },
};
const MOST = 20;

export function PublishedOutput({ list }: { list: Published[] }) {
  return (
    <ul className="published" aria-label="Published">
      {list.slice(0, MOST).map((one) => {
        const { icon: Icon, word } = LOOKS[one.what];
        return (
          <li key={`${one.what} ${one.name}`} className="row">
            <Icon className="icon" aria-hidden />
            <span className="faint">{word}</span>
            <span className="mono cut">{one.name}</span>
            <span className="faint">{one.about}</span>
          </li>
        );
      })}
      {list.length > MOST && <li className="faint">and {list.length - MOST} more</li>}
    </ul>
  );
}
