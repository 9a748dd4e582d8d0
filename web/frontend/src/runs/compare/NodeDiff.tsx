import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Comparison, Difference, NodeDifference } from "../../api/runs";
import { TYPES } from "../../flows/graph/model";
import { Button } from "../../parts/Button";
import { Sheet } from "../../parts/Sheet";
import { FirstRows } from "../NodeTables";
import { CodeDiff } from "./CodeDiff";
import { artifactInWords, columnsApart, outputInWords, summaryOf } from "./differences";
import { Pairs } from "./Pairs";

interface Props { node: NodeDifference; comparison: Comparison; kernelName: (id: string) => string }

// All that differs about one node.
export function NodeDiff({ node, comparison: { left, right }, kernelName }: Props) {
  const [shown, setShown] = useState<string | null>(null);
  const named = (what: string): string => `${what} of ${node.name}`;
  return (
    <section className="node-diff" aria-label={`Node ${node.name}`}>
      <header className="row wrap">
        <h3 className="cut" title={node.name}>{node.name}</h3>
        <span className="faint">{TYPES[node.type] ?? node.type} · {summaryOf(node)}</span>
        <span className="grow" />
        {node.only !== "right" && <Link className="link" to="/runs/$id" params={{ id: left.id }} search={{ node: node.node_id }}>left</Link>}
        {node.only !== "left" && <Link className="link" to="/runs/$id" params={{ id: right.id }} search={{ node: node.node_id }}>right</Link>}
      </header>
      {node.only === null && <Pairs pairs={node.facts} label={named("Record")} kernelName={kernelName} />}
      {node.code && <CodeDiff {...node.code} label={named("Code")} />}
      <Pairs pairs={node.settings} label={named("Settings")} />
      {node.inputs.length > 0 && <h4>Inputs</h4>}
      <Pairs pairs={node.inputs} label={named("Inputs")} mono />
      {node.outputs.length > 0 && <h4>Outputs</h4>}
      <Pairs
        pairs={node.outputs} label={named("Outputs")} mono show={outputInWords}
        more={(pair) => <OutputChange pair={pair} onLook={() => setShown(pair.name)} />}
      />
      {node.artifacts.length > 0 && <h4>Artifacts</h4>}
      <Pairs pairs={node.artifacts} label={named("Artifacts")} mono show={artifactInWords} />
      {shown !== null && (
        <Sheet open wide onClose={() => setShown(null)} title={`${node.name}: ${shown}`} about="First rows, the left run's above the right one's">
          <div className="content stack">
            {([["Left", left], ["Right", right]] as const).map(([word, run]) => (
              <section key={word}>
                <h3>{word} <span className="mono faint">{run.id}</span></h3>
                <FirstRows run={run.id} node={node.node_id} name={shown} />
              </section>
            ))}
          </div>
        </Sheet>
      )}
    </section>
  );
}

const MOST = 12;

function OutputChange({ pair, onLook }: { pair: Difference; onLook: () => void }) {
  const { gone, come } = columnsApart(pair);
  if (pair.left === null || pair.right === null) return null;
  const columns = [...gone.map((one) => `− ${one}`), ...come.map((one) => `+ ${one}`)];
  return (
    <span className="output-change row wrap">
      {columns.length === 0 ? <span className="faint">other values</span> : (
        <span className="mono soft">{columns.slice(0, MOST).join(", ")}{columns.length > MOST && ` and ${columns.length - MOST} more`}</span>
      )}
      <Button small onClick={onLook} aria-label={`First rows of ${pair.name} in both`}>Look</Button>
    </span>
  );
}
