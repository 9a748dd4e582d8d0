import { useState } from "react";
import type { LogRecord } from "../../live/events";
import { counted } from "../../words/sizes";
import { moment } from "../../words/times";
import { FOLD_FROM } from "./TextOutput";

const TONES: Record<string, string> = { WARNING: "amber", ERROR: "red", CRITICAL: "red" };
const EACH = FOLD_FROM / 2;

export function Logs({ logs }: { logs: LogRecord[] }) {
  const [open, setOpen] = useState(false);
  if (open || logs.length <= FOLD_FROM) return <List logs={logs} />;
  return (
    <>
      <List logs={logs.slice(0, EACH)} />
      <button type="button" className="fold" onClick={() => setOpen(true)}>
        <span className="num">{counted(logs.length - 2 * EACH, "more log line")}</span>
      </button>
      <List logs={logs.slice(-EACH)} />
    </>
  );
}

function List({ logs }: { logs: LogRecord[] }) {
  return (
    <ul className="logs" aria-label="Log">
      {logs.map((log, index) => (
        <li key={index} className="mono">
          <time className="faint" title={moment(log.at * 1000)}>
            {new Date(log.at * 1000).toLocaleTimeString()}
          </time>
          <span className={`tone-${TONES[log.level] ?? "slate"}`}>{log.level}</span>
          <span className="message">{log.message}</span>
        </li>
      ))}
    </ul>
  );
}
