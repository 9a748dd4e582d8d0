import type { Kernel } from "../api/types";
import { Button } from "../parts/Button";
import { useTime } from "../parts/clock";
import { Notice } from "../parts/Notice";
import { clock } from "../words/times";
import "../styles/environments.css";

// For how long an environment is being built, as a clock that runs.
export function Elapsed({ since }: { since: string | null }) {
  const begun = since === null ? null : Date.parse(since);
  const said = useTime((now) => (begun === null ? "" : clock((now - begun) / 1000)));
  return <span className="mono num tone-blue elapsed">{said}</span>;
}

// On a card, where the memory of a kernel that runs would be.
export function BuildLine({ kernel }: { kernel: Kernel }) {
  return (
    <span className="row grow build-line">
      <Elapsed since={kernel.state_since} />
      <code className="cut faint" title={kernel.build_line ?? ""}>
        {kernel.build_line ?? "Its environment is being built"}
      </code>
    </span>
  );
}

// Above the cells.
export function BuildNotice({ kernel, onOpen }: { kernel: Kernel; onOpen: () => void }) {
  return (
    <Notice tone="blue" actions={<Button small onClick={onOpen}>Show the build log</Button>}>
      <p>
        Its environment is being built; cells that wait run then. <Elapsed since={kernel.state_since} />
      </p>
      {kernel.build_line && <p className="cut faint mono build-line">{kernel.build_line}</p>}
    </Notice>
  );
}

// An error whose first line is a sentence and whose rest is what an installer said.
export function Reason({ text }: { text: string }) {
  const [first, ...rest] = text.split("\n");
  const log = rest.join("\n").trim();
  if (log === "") return <strong>{first}</strong>;
  return (
    <>
      <strong>{first}</strong>
      <details className="build">
        <summary>What was said last</summary>
        <pre className="log mono" tabIndex={0}>
          {log}
        </pre>
      </details>
    </>
  );
}
