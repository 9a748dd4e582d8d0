import { Link } from "@tanstack/react-router";
import { CircleCheck, TriangleAlert } from "lucide-react";
import type { QueueFigures } from "../api/figures";
import { StateChip } from "../parts/StateChip";
import { count, counted } from "../words/sizes";
import { duration, rough } from "../words/times";

const WORK: Record<QueueFigures["work"], string> = { control: "Husk's own work", cells: "cells", batch: "nodes of runs" };
// Ticks come every 2 s to flows and housekeeping, every 10 s to lifecycle.
const LATE_S = 30;

export function Queues({ queues, inHand }: { queues: QueueFigures[]; inHand: number }) {
  return (
    <section className="stack tight">
      <h2>Queues</h2>
      <div className="scroll-x" tabIndex={0} role="region" aria-label="Queues">
        <table className="table figures">
          <thead>
            <tr>
              <th scope="col">Queue</th>
              <th scope="col">Holds</th>
              <th scope="col" className="number">Waiting</th>
              <th scope="col" className="number">Oldest waits</th>
              <th scope="col" className="last">Moves</th>
            </tr>
          </thead>
          <tbody>
            {queues.map((queue) => (
              <tr key={queue.queue}>
                <td className="mono name">{queue.queue}</td>
                <td className="soft">
                  <Holds queue={queue} />
                </td>
                <td className="number num">{count(queue.length)}</td>
                <td className="number num">{queue.oldest_s === null ? "–" : duration(queue.oldest_s)}</td>
                <td className="last">
                  <Moves queue={queue} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="faint">
        {counted(inHand, "message")} of Husk's own in hand. Queues of kernels are here while something waits in them, the
        longest first.
      </p>
    </section>
  );
}

function Holds({ queue: { work, kernel } }: { queue: QueueFigures }) {
  if (kernel === null) return <>{WORK[work]}</>;
  return (
    <>
      {WORK[work]} of{" "}
      <Link to="/kernels/$id" params={{ id: kernel.uid }} className="link">
        {kernel.name}
      </Link>
    </>
  );
}

// A tick goes through the queue as all work does: that it came says more than that a process is there.
function Moves({ queue: { work, kernel, last_tick_s: tick } }: { queue: QueueFigures }) {
  if (work !== "control") return kernel === null ? <span className="faint">no kernel</span> : <StateChip state={kernel.state} />;
  if (tick === null || tick > LATE_S) {
    return (
      <span className="chip tone-red">
        <TriangleAlert className="icon" aria-hidden /> {tick === null ? "no tick yet" : `last tick ${rough(tick)} ago`}
      </span>
    );
  }
  return (
    <span className="chip tone-green">
      <CircleCheck className="icon" aria-hidden /> tick {tick < 1 ? "just now" : `${Math.round(tick)} s ago`}
    </span>
  );
}
