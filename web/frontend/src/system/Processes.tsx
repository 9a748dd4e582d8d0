import { CircleCheck, CircleX } from "lucide-react";
import type { KernelFigures, ProcessFigures } from "../api/figures";
import { Since } from "../parts/Ago";
import { counted } from "../words/sizes";
import { rough } from "../words/times";

// What each is there for; and what to expect while it is not.
const ROLES: Record<string, string> = {
  lifecycle: "starts and stops kernels",
  flows: "advances runs, promotes files, tidies up",
  desk: "answers what kernels ask",
  recorder: "writes what kernels do into the ledger",
  beat: "ticks, for schedules and tidying",
};
const SILENT_S = 15;

export function Processes({ processes, kernels }: { processes: ProcessFigures[]; kernels: KernelFigures[] }) {
  const missing = Object.keys(ROLES).filter((role) => !processes.some((one) => one.role === role));
  return (
    <section className="stack tight">
      <h2>Workers</h2>
      <div className="scroll-x" tabIndex={0} role="region" aria-label="Workers">
        <table className="table figures">
          <thead>
            <tr>
              <th scope="col">Worker</th>
              <th scope="col">State</th>
              <th scope="col">Heartbeat</th>
              <th scope="col">Up</th>
              <th scope="col" className="last">Host</th>
            </tr>
          </thead>
          <tbody>
            {processes.map((one) => (
              <Row key={`${one.role} ${one.host} ${one.pid} ${one.started_at}`} one={one} />
            ))}
            {missing.map((role) => (
              <tr key={role}>
                <td>
                  <strong>{role}</strong> <span className="faint">{ROLES[role]}</span>
                </td>
                <td colSpan={4}>
                  <Alive alive={false} word="not heard of" />
                </td>
              </tr>
            ))}
            <tr>
              <td>
                <strong>kernels</strong> <span className="faint">run cells and nodes</span>
              </td>
              <td colSpan={4} className="soft last">{ofKernels(kernels)}</td>
            </tr>
          </tbody>
        </table>
      </div>
      <p className="faint">
        A worker that is gone stays here, silent, until another of its kind takes its place: <code>husk up</code> starts each
        again by itself.
      </p>
    </section>
  );
}

function Row({ one }: { one: ProcessFigures }) {
  return (
    <tr>
      <td className="name">
        <strong>{one.role}</strong> <span className="faint">{ROLES[one.role]}</span>
      </td>
      <td>
        <Alive alive={one.alive} word={one.alive ? "alive" : "silent"} />
      </td>
      <td className="num soft">{one.heartbeat_s === null ? "–" : beat(one.heartbeat_s)}</td>
      <td className="num soft">{one.alive && one.started_at ? <Since at={one.started_at} /> : "–"}</td>
      <td className="mono last name">
        {one.host} <span className="faint">{one.pid}</span>
      </td>
    </tr>
  );
}

function Alive({ alive, word }: { alive: boolean; word: string }) {
  const Icon = alive ? CircleCheck : CircleX;
  return (
    <span className={`chip tone-${alive ? "green" : "red"}`}>
      <Icon className="icon" aria-hidden /> {word}
    </span>
  );
}

function beat(seconds: number): string {
  return seconds < 1 ? "just now" : seconds < 60 ? `${Math.round(seconds)} s ago` : `${rough(seconds)} ago`;
}

export function ofKernels(kernels: KernelFigures[]): string {
  if (kernels.length === 0) return "none is up";
  const silent = kernels.filter((one) => one.heartbeat_s === null || one.heartbeat_s > SILENT_S).length;
  return silent === 0 ? `${counted(kernels.length, "kernel")} up, each was heard of within ${SILENT_S} s` : `${counted(kernels.length, "kernel")} up, ${silent} silent`;
}
