import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Difference } from "../../api/runs";
import { StateChip } from "../../parts/StateChip";
import { triggerWord } from "../states";
import { changeOf, nameOf, valueOf } from "./differences";

interface Props {
  pairs: Difference[];
  label: string;
  mono?: boolean;
  kernelName?: (id: string) => string;
  show?: (value: unknown, name: string) => string | null;
  more?: (pair: Difference) => ReactNode;
}

// A thing a line, its left value, its right value.
export function Pairs({ pairs, label, mono = false, kernelName, show, more }: Props) {
  if (pairs.length === 0) return null;
  return (
    <table className="pairs" aria-label={label}>
      <colgroup><col className="what" /><col /><col /></colgroup>
      <thead className="hidden-text">
        <tr><th scope="col">What</th><th scope="col">Left</th><th scope="col">Right</th></tr>
      </thead>
      <tbody>
        {pairs.map((pair) => (
          <tr key={pair.name}>
            <th scope="row" className={mono ? "mono" : undefined}>{mono ? pair.name : nameOf(pair.name)}</th>
            <td><Value {...{ pair, kernelName, show, mono }} value={pair.left} /></td>
            <td>
              <Value {...{ pair, kernelName, show, mono }} value={pair.right} />
              <Change pair={pair} />
              {more?.(pair)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Change({ pair }: { pair: Difference }) {
  const words = changeOf(pair);
  return words === "" ? null : <span className="change num soft"> {words}</span>;
}

interface ValueProps extends Pick<Props, "kernelName" | "show" | "mono"> { pair: Difference; value: unknown }

function Value({ pair: { name }, value, kernelName, show, mono }: ValueProps) {
  const words = show ? show(value, name) : valueOf(name, value);
  if (words === null) return <span className="faint">none</span>;
  if (mono || show) return <span className={mono ? "mono" : "num"}>{words}</span>;
  switch (name) {
    case "state":
      return <StateChip state={words} />;
    case "trigger":
      return <>{triggerWord(words)}</>;
    case "kernel_id":
      return <>{kernelName?.(words) ?? words}</>;
    case "cached_from":
      return <Link to="/runs/$id" params={{ id: words }} className="link mono">{words}</Link>;
    default:
      return <span className={name === "lock_digest" ? "mono" : "num"}>{words}</span>;
  }
}
