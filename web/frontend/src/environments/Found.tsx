import { Lock as LockIcon } from "lucide-react";
import type { LockAnswer } from "../api/environments";
import type { Kernel } from "../api/types";
import { counted } from "../words/sizes";
import { DifferenceTable, LockTable } from "./LockTable";
import { found } from "./wishes";

// What packages came to: each that was asked for with its version, and all of them behind a click.
export function Found({ answer, kernel }: { answer: LockAnswer; kernel: Kernel | undefined }) {
  const { lock, difference } = answer;
  if (lock === null) return null;
  return (
    <div className="stack found">
      <p className="row">
        <LockIcon className="icon tone-green" aria-hidden />
        <span>
          Python {lock.python}, {counted(lock.packages.length, "package")}
          {kernel ? `; ${difference.length === 0 ? "nothing changes" : counted(difference.length, "change")}` : ""}
        </span>
      </p>
      <ul className="row wrap" aria-label="Versions found">
        {found(lock).map(({ name, version }) => (
          <li key={name} className="tag mono">
            {name} {version}
          </li>
        ))}
      </ul>
      {kernel && difference.length > 0 && <DifferenceTable difference={difference} label="What changes" />}
      <details>
        <summary className="soft">All packages</summary>
        <LockTable lock={lock} label="All packages" />
      </details>
    </div>
  );
}
