import { Link } from "@tanstack/react-router";
import type { KernelFigures } from "../api/figures";
import { level } from "../kernels/MemoryBar";
import { StateChip } from "../parts/StateChip";
import { count, gigabytes } from "../words/sizes";
import { rough } from "../words/times";
import "../styles/kernels.css";

// Those that use most memory come first.
export function KernelsUse({ kernels }: { kernels: KernelFigures[] }) {
  return (
    <section className="stack tight">
      <h2>Kernels that are up</h2>
      {kernels.length === 0 ? (
        <p className="faint">None is up.</p>
      ) : (
        <div className="scroll-x" tabIndex={0} role="region" aria-label="Kernels that are up">
          <table className="table figures">
            <thead>
              <tr>
                <th scope="col">Kernel</th>
                <th scope="col">Owner</th>
                <th scope="col">State</th>
                <th scope="col">Heartbeat</th>
                <th scope="col" className="last">Memory</th>
              </tr>
            </thead>
            <tbody>
              {kernels.map((kernel) => (
                <Row key={kernel.uid} kernel={kernel} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Row({ kernel }: { kernel: KernelFigures }) {
  const beat = kernel.heartbeat_s;
  return (
    <tr>
      <td className="name">
        <Link to="/kernels/$id" params={{ id: kernel.uid }} className="link">
          {kernel.name}
        </Link>
      </td>
      <td className="soft name">{kernel.owner}</td>
      <td>
        <StateChip state={kernel.state} />
      </td>
      <td className="num soft">{beat === null ? "–" : beat < 5 ? "just now" : `${rough(Math.max(10, beat))} ago`}</td>
      <td className="last">
        <Use used={kernel.memory_bytes} limit={kernel.memory_limit_bytes} />
      </td>
    </tr>
  );
}

function Use({ used, limit }: { used: number | null; limit: number | null }) {
  if (used === null || limit === null || limit <= 0) return <span className="faint">not known</span>;
  const words = `${count(used)} of ${count(limit)} bytes`;
  return (
    <div className="row memory" title={words}>
      <div className={`bar ${level({ used, limit })}`}>
        <div className="fill" style={{ width: `${Math.min(100, (used / limit) * 100)}%` }} />
      </div>
      <span className="mono num figures">
        {gigabytes(used)} / {gigabytes(limit)} GB
      </span>
    </div>
  );
}
