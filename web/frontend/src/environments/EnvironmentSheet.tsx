import { useQuery } from "@tanstack/react-query";
import { Download, RefreshCw } from "lucide-react";
import { useEffect, useState } from "react";
import { changeKernel } from "../api/calls";
import { kernelBuild, kernelLock, lockFile, newestLock, type LockAnswer } from "../api/environments";
import type { Kernel } from "../api/types";
import { queryClient } from "../app/queries";
import { isUp, owns } from "../kernels/states";
import { put, tell } from "../kernels/useKernels";
import { Ago } from "../parts/Ago";
import { Button } from "../parts/Button";
import { Failure, Notice } from "../parts/Notice";
import { Sheet } from "../parts/Sheet";
import { counted } from "../words/sizes";
import "../styles/environments.css";
import { Elapsed } from "./Building";
import { DifferenceTable, LockTable } from "./LockTable";
import { Conflict } from "./PackagesField";

// A kernel's packages: who locked them when, each with its version, newer ones, and how building went.
export function EnvironmentSheet({ kernel, onClose }: { kernel: Kernel; onClose: () => void }) {
  const { data, error } = useQuery({
    queryKey: ["lock", kernel.uid, kernel.lock_digest],
    queryFn: () => kernelLock(kernel.uid),
  });
  return (
    <Sheet open onClose={onClose} title={`Environment of ${kernel.name}`} about="Its packages, every version locked with hashes.">
      <div className="content">
        <Failure error={error} />
        {data?.lock === null && (
          <p className="prose">
            This kernel has the packages of its flavour <code>{kernel.flavour}</code>. Others are added where it is edited.
          </p>
        )}
        {data?.lock && (
          <>
            <About kernel={kernel} answer={data} lock={data.lock} />
            {owns(kernel) && <Update key={data.lock.digest} kernel={kernel} />}
            <section className="stack found">
              <h3>{counted(data.lock.packages.length, "package")}</h3>
              <LockTable lock={data.lock} label="Packages and their versions" />
            </section>
            <BuildLog kernel={kernel} />
          </>
        )}
      </div>
    </Sheet>
  );
}

function About({ kernel, answer, lock }: { kernel: Kernel; answer: LockAnswer; lock: NonNullable<LockAnswer["lock"]> }) {
  return (
    <>
      <dl className="facts-two">
        <dt>Asked for</dt>
        <dd className="mono">{lock.wishes.join(", ")}</dd>
        <dt>Locked</dt>
        <dd>
          by {answer.locked_by ?? "somebody"} {answer.locked_at && <Ago at={answer.locked_at} />}
        </dd>
        <dt>For</dt>
        <dd>
          Python {lock.python}, flavour {lock.flavour}
        </dd>
        <dt>Digest</dt>
        <dd className="mono digest">{lock.digest}</dd>
      </dl>
      <div>
        <a className="button small" href={lockFile(kernel.uid)} download={`${kernel.id}-lock.txt`}>
          <Download className="icon" aria-hidden /> Download the lock
        </a>
      </div>
    </>
  );
}

// Newer versions are looked for, shown, and taken when that is confirmed: exactly those that were shown.
function Update({ kernel }: { kernel: Kernel }) {
  const [answer, setAnswer] = useState<LockAnswer | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const doing = (what: () => Promise<void>): void => {
    setBusy(true);
    setError(null);
    void what().catch(setError).finally(() => setBusy(false));
  };
  const look = (): void => doing(async () => setAnswer(await newestLock(kernel.uid)));
  const take = (lock: string): void => doing(async () => put(queryClient, kernel.uid, await changeKernel(kernel.uid, { lock })));
  const running = isUp(kernel.state) || kernel.state === "stopping";
  return (
    <section className="stack found" aria-live="polite">
      <div>
        <Button small icon={RefreshCw} busy={busy} onClick={look}>
          Look for newer versions
        </Button>
      </div>
      {error !== null && <Conflict error={error} />}
      {answer?.lock && answer.difference.length === 0 && <p className="soft">These are the newest versions that go together.</p>}
      {answer?.lock && answer.difference.length > 0 && (
        <>
          <DifferenceTable difference={answer.difference} label="What an update changes" />
          {running && (
            <Notice tone="blue" actions={<Button small onClick={() => void tell(kernel, "stop")}>Stop kernel</Button>}>
              A kernel that runs keeps its environment: stop it to update. Its variables are lost then.
            </Notice>
          )}
          <div className="row">
            <Button kind="primary" small busy={busy} disabled={running} onClick={() => answer.lock && take(answer.lock.text)}>
              Update {counted(answer.difference.length, "package")}
            </Button>
            <Button small kind="quiet" onClick={() => setAnswer(null)}>
              Keep the lock
            </Button>
          </div>
        </>
      )}
    </section>
  );
}

const SAID: Record<string, string> = {
  waiting: "It is built at the next start, where it is not there yet.",
  built: "It is there: a start installs nothing.",
  failed: "It could not be built.",
};

function BuildLog({ kernel }: { kernel: Kernel }) {
  const key = ["build", kernel.uid, kernel.lock_digest];
  const { data, error, refetch } = useQuery({ queryKey: key, queryFn: () => kernelBuild(kernel.uid), staleTime: 0, gcTime: 0 });
  const building = kernel.state === "building";
  useEffect(() => void refetch(), [refetch, kernel.build_line, kernel.state]);
  return (
    <section className="stack found build">
      <h3>Build log</h3>
      <p className="soft">
        {building ? <>It is being built. <Elapsed since={kernel.state_since} /></> : (SAID[data?.state ?? ""] ?? "")}
      </p>
      <Failure error={error} />
      {data && data.lines.length > 0 && (
        <pre className="log mono" tabIndex={0}>
          {data.lines.join("\n")}
        </pre>
      )}
    </section>
  );
}
