import { Link } from "@tanstack/react-router";
import { Clock3, Cpu, ShieldAlert } from "lucide-react";
import type { Kernel } from "../api/types";
import { Notice } from "../parts/Notice";
import { Button } from "../parts/Button";
import { Since } from "../parts/Ago";
import { StateChip } from "../parts/StateChip";
import { Tip } from "../parts/Tip";
import { CurrentCell } from "./CurrentCell";
import { MemoryBar, Sparkline } from "./MemoryBar";
import { KernelButtons, KernelMenu, useTell, type Opened } from "./KernelActions";
import { isLeaving, isUp, limits, mayChange } from "./states";

interface Props { kernel: Kernel; onOpen: (what: Opened) => void }

export function KernelCard({ kernel, onOpen }: Props) {
  return (
    <article className={`card ${kernel.state}`} aria-labelledby={`name-${kernel.uid}`}>
      <header className="row spread">
        <h2 id={`name-${kernel.uid}`} className="cut">
          <Link to="/kernels/$id" params={{ id: kernel.uid }}>
            {kernel.name}
          </Link>
          {kernel.name !== kernel.id && <span className="id mono faint">{kernel.id}</span>}
        </h2>
        <span aria-live="polite">
          <StateChip {...(isLeaving(kernel) ? { state: "stopping", word: "Deleting" } : { state: kernel.state })} />
        </span>
      </header>
      <div className="row spread facts">
        <span className="row soft">
          <Cpu className="icon" aria-hidden /> {limits(kernel)}
          <NotIsolated kernel={kernel} />
        </span>
        <CurrentCell kernel={kernel} />
      </div>
      {kernel.error ? <Trouble kernel={kernel} /> : <Figures kernel={kernel} />}
      <footer className="row">
        {mayChange(kernel) && <KernelButtons kernel={kernel} />}
        <span className="grow" />
        <Link to="/kernels/$id" params={{ id: kernel.uid }} className="button quiet to-cells">
          Cells
        </Link>
        {mayChange(kernel) && <KernelMenu kernel={kernel} onOpen={onOpen} />}
      </footer>
    </article>
  );
}

function Figures({ kernel }: { kernel: Kernel }) {
  return (
    <>
      <div className="row spread figures-row">
        <MemoryBar kernel={kernel} />
        {isUp(kernel.state) && <Sparkline uid={kernel.uid} />}
      </div>
      <p className="row soft life">
        <Clock3 className="icon" aria-hidden />
        <span>
          {waiting(kernel)} · <Life kernel={kernel} />
        </span>
      </p>
    </>
  );
}

export function waiting(kernel: Kernel): string {
  return kernel.queue_length === 0 ? "Nothing waits" : `${kernel.queue_length} waiting`;
}

function Life({ kernel }: { kernel: Kernel }) {
  if (!kernel.state_since) return <>never started</>;
  const word = isUp(kernel.state) ? (kernel.state === "starting" ? "starting for" : "up") : "stopped for";
  return (
    <>
      {word} <Since at={kernel.state_since} />
    </>
  );
}

export function NotIsolated({ kernel }: { kernel: Kernel }) {
  if (kernel.isolated) return null;
  const why = "Cells run as processes of Husk's own host: no wall stands between them and it. Run only code that you trust.";
  return (
    <Tip text={why}>
      <button type="button" className="tag amber" aria-label={`Not isolated. ${why}`}>
        <ShieldAlert className="icon" aria-hidden /> Not isolated
      </button>
    </Tip>
  );
}

function Trouble({ kernel }: { kernel: Kernel }) {
  const { tell, busy, error } = useTell(kernel);
  const queue = kernel.queue_length > 0 ? ` ${kernel.queue_length} waiting cells run after the next start.` : "";
  return (
    <Notice
      tone="red"
      actions={
        mayChange(kernel) && (
          <Button small busy={busy} onClick={() => tell("start")}>
            Start again
          </Button>
        )
      }
    >
      <strong>{kernel.error}</strong>
      <p className="soft">Kept: its settings, files and past output. Lost: the variables of its cells.{queue}</p>
      {error !== null && <p>{error}</p>}
    </Notice>
  );
}
