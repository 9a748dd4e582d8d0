import type { NodeRun, Run } from "../api/runs";
import { StateChip } from "../parts/StateChip";
import { count, size } from "../words/sizes";
import { duration } from "../words/times";
import { isTrouble, lineOf } from "./states";

interface Props { run: Run; chosen: string | undefined; onChoose: (node: string | undefined) => void; kernelName: (id: string) => string }

export function NodesTable({ run, chosen, onChoose, kernelName }: Props) {
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label="Nodes">
      <table className="table nodes-table">
        <thead>
          <tr>
            <th scope="col">Node</th>
            <th scope="col">State</th>
            <th scope="col">Kernel</th>
            <th scope="col" className="number">Queue</th>
            <th scope="col" className="number">Run</th>
            <th scope="col" className="number">Rows in</th>
            <th scope="col" className="number">Rows out</th>
            <th scope="col" className="number">Memory peak</th>
          </tr>
        </thead>
        <tbody>
          {run.nodes.map((node) => (
            <Row key={node.node_id} {...{ node, kernelName }} chosen={node.node_id === chosen} onPress={() => onChoose(node.node_id)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps { node: NodeRun; chosen: boolean; onPress: () => void; kernelName: (id: string) => string }

function Row({ node, chosen, onPress, kernelName }: RowProps) {
  const line = lineOf(node);
  return (
    <tr className={chosen ? "chosen" : undefined}>
      <td className="name">
        <button type="button" className="plain" aria-pressed={chosen} onClick={onPress}><strong>{node.name}</strong></button>
        {line && <div className={`cut about ${isTrouble(node) ? "tone-red" : "faint"}`} title={line}>{line}</div>}
      </td>
      <td>
        <StateChip state={node.state} />
        {node.attempts > 1 && <span className="faint num"> try {node.attempt}</span>}
      </td>
      <td className="soft cut">{node.kernel_id === null ? "" : kernelName(node.kernel_id)}</td>
      <td className="number num soft">{node.queued_s === null ? "" : duration(node.queued_s)}</td>
      <td className="number num soft">{node.run_s === null ? "" : duration(node.run_s)}</td>
      <td className="number num soft">{node.rows_in === null ? "" : count(node.rows_in)}</td>
      <td className="number num soft">{node.rows_out === null ? "" : count(node.rows_out)}</td>
      <td className="number num soft">{node.memory_peak_bytes === null ? "" : size(node.memory_peak_bytes)}</td>
    </tr>
  );
}
