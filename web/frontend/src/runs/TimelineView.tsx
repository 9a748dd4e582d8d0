import { useMemo } from "react";
import type { NodeRun, Run } from "../api/runs";
import { useTime } from "../parts/clock";
import { lookOf } from "../parts/StateChip";
import { duration } from "../words/times";
import { isOpen, toneOf } from "./states";
import { timelineOf, type Bar, type Lane, type Tick } from "./timeline";

interface Props { run: Run; chosen: string | undefined; onChoose: (node: string | undefined) => void; kernelName: (id: string) => string }

// Queue time hatched, run time solid, one lane a kernel.
export function TimelineView({ run, chosen, onChoose, kernelName }: Props) {
  const open = isOpen(run.state);
  const now = useTime((time) => (open ? time : 0));
  const timeline = useMemo(() => timelineOf(run, now), [run, now]);
  const nodes = useMemo(() => new Map(run.nodes.map((one) => [one.node_id, one])), [run.nodes]);
  if (timeline === null || timeline.lanes.length === 0) {
    return <p className="faint">{open ? "No node has begun yet." : "No node of this run began."}</p>;
  }
  return (
    <section className="timeline" aria-label="Timeline">
      {timeline.lanes.map((lane) => (
        <LaneView key={lane.kernel ?? ""} {...{ lane, nodes, chosen, onChoose }} name={kernelName(lane.kernel ?? "")} ticks={timeline.ticks} />
      ))}
      <Axis ticks={timeline.ticks} />
      <p className="timeline-legend faint" aria-hidden>
        <span className="swatch waited" /> in the queue <span className="swatch ran" /> running
      </p>
    </section>
  );
}

interface LaneProps {
  lane: Lane;
  name: string;
  nodes: Map<string, NodeRun>;
  ticks: Tick[];
  chosen: string | undefined;
  onChoose: (node: string | undefined) => void;
}

const ROW = 28;

function LaneView({ lane, name, nodes, ticks, chosen, onChoose }: LaneProps) {
  return (
    <div className="lane" role="group" aria-label={`Kernel ${name}`}>
      <span className="lane-name cut soft" title={name}>{name}</span>
      <div className="lane-bars" style={{ height: lane.rows * ROW }}>
        {ticks.map((tick) => (
          <span key={tick.seconds} className="tick" style={{ left: percent(tick.at) }} aria-hidden />
        ))}
        {lane.bars.map((bar) => (
          <BarView key={bar.node} bar={bar} node={nodes.get(bar.node)} chosen={bar.node === chosen} onPress={() => onChoose(bar.node)} />
        ))}
      </div>
    </div>
  );
}

function BarView({ bar, node, chosen, onPress }: { bar: Bar; node: NodeRun | undefined; chosen: boolean; onPress: () => void }) {
  const words = wordsOf(bar, node);
  const whole = Math.max(1e-9, bar.ended - bar.queued);
  return (
    <button
      type="button" className="node-bar" aria-pressed={chosen} aria-label={words} title={words} onClick={onPress}
      style={{ left: percent(bar.queued), width: percent(bar.ended - bar.queued), top: bar.row * ROW }}
    >
      <span className="waited" style={{ width: percent((bar.began - bar.queued) / whole) }} />
      <span className={`ran of-${toneOf(bar.state)}`}><span className="bar-name cut">{bar.name}</span></span>
    </button>
  );
}

function wordsOf(bar: Bar, node: NodeRun | undefined): string {
  const parts = [bar.name, lookOf(bar.state).word.toLowerCase()];
  if (node?.queued_s != null) parts.push(`${duration(node.queued_s)} in the queue`);
  if (node?.run_s != null) parts.push(`ran ${duration(node.run_s)}`);
  return parts.join(", ");
}

function Axis({ ticks }: { ticks: Tick[] }) {
  return (
    <div className="lane axis" aria-hidden>
      <span className="lane-name" />
      <div className="lane-bars">
        {ticks.map((tick) => (
          <span key={tick.seconds} className="tick-words num faint" style={{ left: percent(tick.at) }}>
            {tick.seconds === 0 ? "0" : duration(tick.seconds)}
          </span>
        ))}
      </div>
    </div>
  );
}

const percent = (part: number): string => `${part * 100}%`;
