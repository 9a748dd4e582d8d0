import { Link } from "@tanstack/react-router";
import { Clock3, Cpu } from "lucide-react";
import type { Kernel } from "../api/types";
import { Notice } from "../parts/Notice";
import { Button } from "../parts/Button";
import { Since } from "../parts/Ago";
import { useTime } from "../parts/clock";
import { Copy } from "../parts/Copy";
import { StateChip } from "../parts/StateChip";
import { BuildLine, Reason } from "../environments/Building";
import { PackagesTag } from "../environments/PackagesTag";
import { Access } from "./Access";
import { CurrentCell } from "./CurrentCell";
import { MemoryBar, Sparkline } from "./MemoryBar";
import { Isolation } from "./Isolation";
import { rough } from "../words/times";
import { KernelButtons, KernelMenu, useTell, type Opened } from "./KernelActions";
import { commandIn, mendOf } from "./mending";
import { isLeaving, isUp, limits, mayChange, owns } from "./states";
import { useOnScreen } from "./useOnScreen";

interface Props { kernel: Kernel; onOpen: (what: Opened) => void }

export function KernelCard({ kernel, onOpen }: Props) {
  const place = useOnScreen(kernel.uid);
  return (
    <article ref={place} className={`card ${kernel.state}`} aria-labelledby={`name-${kernel.uid}`}>
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
          <PackagesTag kernel={kernel} onOpen={() => onOpen("environment")} />
          <Isolation kernel={kernel} />
          <Access kernel={kernel} />
        </span>
        <CurrentCell kernel={kernel} />
      </div>
      {kernel.error ? <Trouble kernel={kernel} onOpen={onOpen} /> : <Figures kernel={kernel} />}
      <footer className="row">
        {mayChange(kernel) && <KernelButtons kernel={kernel} />}
        <span className="grow" />
        <Link to="/kernels/$id" params={{ id: kernel.uid }} className="button quiet to-cells">
          Cells
        </Link>
        <KernelMenu kernel={kernel} onOpen={onOpen} />
      </footer>
    </article>
  );
}

function Figures({ kernel }: { kernel: Kernel }) {
  return (
    <>
      <div className="row spread figures-row">
        {kernel.state === "building" ? <BuildLine kernel={kernel} /> : <MemoryBar kernel={kernel} />}
        {isUp(kernel.state) && kernel.state !== "building" && <Sparkline uid={kernel.uid} />}
      </div>
      <p className="row soft life">
        <Clock3 className="icon" aria-hidden />
        <span>
          {waiting(kernel)} · <Life kernel={kernel} /> <Idle kernel={kernel} />
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
  const moving = kernel.state === "starting" || kernel.state === "building";
  const word = isUp(kernel.state) ? (moving ? `${kernel.state} for` : "up") : "stopped for";
  return (
    <>
      {word} <Since at={kernel.state_since} />
    </>
  );
}

// What happens, or happened, without anybody's doing.
function Idle({ kernel }: { kernel: Kernel }) {
  return (
    <>
      {kernel.note ? `· ${kernel.note}` : ""}
      {isUp(kernel.state) && kernel.idle_timeout_s !== null && <IdleStop kernel={kernel} seconds={kernel.idle_timeout_s} />}
    </>
  );
}

function IdleStop({ kernel: { idle_stops_at: at }, seconds }: { kernel: Kernel; seconds: number }) {
  const when = useTime((now) => (at === null ? `after ${rough(seconds)}` : `in ${rough(until(at, now))}`));
  return <> · stops {when} without work</>;
}

export function Comeback({ at }: { at: string }) {
  const wait = useTime((now) => rough(until(at, now)));
  return <p className="soft">It is started again by itself in {wait}.</p>;
}

const until = (at: string, now: number): number => Math.max(0, (Date.parse(at) - now) / 1000);

function Trouble({ kernel, onOpen }: Props) {
  const mend = mendOf(kernel);
  const command = commandIn(kernel.error ?? "");
  const { tell, busy, error } = useTell(kernel);
  const queue = kernel.queue_length > 0 ? ` ${kernel.queue_length} waiting cells run after the next start.` : "";
  return (
    <Notice
      tone="red"
      actions={
        <>
          {mayChange(kernel) && (
            <Button small busy={busy} onClick={() => tell("start")}>
              Start again
            </Button>
          )}
          {command !== null && <Copy text={command} label={`Copy: ${command}`} />}
          {(mend.opens !== "edit" || owns(kernel)) && (
            <Button small onClick={() => onOpen(mend.opens)}>
              {mend.words}
            </Button>
          )}
        </>
      }
    >
      <Reason text={kernel.error ?? ""} />
      <p className="soft">Kept: its settings, files and past output. Lost: the variables of its cells.{queue}</p>
      {kernel.restart_at !== null && <Comeback at={kernel.restart_at} />}
      {error !== null && <p>{error}</p>}
    </Notice>
  );
}
