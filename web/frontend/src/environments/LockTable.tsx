import type { Difference, Lock } from "../api/environments";
import { changeInWords, nameOf } from "./wishes";

// Every package of a lock; those that were asked for are marked.
export function LockTable({ lock, label }: { lock: Lock; label: string }) {
  const asked = new Set(lock.wishes.map(nameOf));
  return (
    <div className="pins" tabIndex={0} role="region" aria-label={label}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Package</th>
            <th scope="col">Version</th>
          </tr>
        </thead>
        <tbody>
          {lock.packages.map(({ name, version }) => (
            <tr key={name}>
              <td>
                {asked.has(name) ? <strong>{name}</strong> : name}
                {asked.has(name) && <span className="hidden-text"> (asked for)</span>}
              </td>
              <td className="mono num">{version}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function DifferenceTable({ difference, label }: { difference: readonly Difference[]; label: string }) {
  return (
    <div className="pins" tabIndex={0} role="region" aria-label={label}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Package</th>
            <th scope="col">Before</th>
            <th scope="col">After</th>
          </tr>
        </thead>
        <tbody>
          {difference.map(({ name, before, after }) => (
            <tr key={name}>
              <td>{name}</td>
              <td className="mono num">{before ?? <span className="faint">none</span>}</td>
              <td className="mono num">{after ?? <span className="tone-red">{changeInWords(before, after)}</span>}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
