import { Link } from "@tanstack/react-router";
import type { RunRow } from "../api/runs";
import { Ago } from "../parts/Ago";
import { StateChip } from "../parts/StateChip";
import { told } from "../words/facts";
import { CountsBar } from "./CountsBar";
import { Took } from "./Took";
import { triggerWord } from "./states";

export function RunTable({ rows }: { rows: RunRow[] }) {
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label="Runs">
      <table className="table run-table">
        <thead>
          <tr>
            <th scope="col">Outcome</th>
            <th scope="col">Flow</th>
            <th scope="col">Nodes</th>
            <th scope="col">Trigger</th>
            <th scope="col">Parameters</th>
            <th scope="col">Took</th>
            <th scope="col">Began</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <OneRow key={row.id} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function OneRow({ row }: { row: RunRow }) {
  const parameters = told(row.parameters, ", ");
  return (
    <tr>
      <td>
        <Link to="/runs/$id" params={{ id: row.id }} className="outcome" aria-label={`Run ${row.id} of ${row.flow_name}`}>
          <StateChip state={row.state} />
        </Link>
      </td>
      <td className="name">
        <Link to="/flows/$id" params={{ id: row.flow_id }} className="entry-name"><strong>{row.flow_name}</strong></Link>{" "}
        <span className="faint num">version {row.flow_version}</span>
        {row.error && <div className="tone-red cut about" title={row.error.message}>{row.error.message}</div>}
      </td>
      <td><CountsBar counts={row.counts} /></td>
      <td className="soft">
        {triggerWord(row.trigger)}
        {row.group_id !== null && <> · <Link to="/runs" search={{ group: row.group_id }} className="link">matrix</Link></>}
      </td>
      <td className="faint cut parameters-cell" title={parameters}>{parameters}</td>
      <td className="num soft"><Took row={row} /></td>
      <td className="soft">{row.created_at && <Ago at={row.started_at ?? row.created_at} />}</td>
    </tr>
  );
}
