import { CircleCheck, CircleX, Clock, LoaderCircle, RotateCw, X } from "lucide-react";
import { useSyncExternalStore } from "react";
import { Button } from "../parts/Button";
import { counted, size } from "../words/sizes";
import { isOpen, uploads, type Sending } from "./uploads";

const LOOKS = {
  waiting: { icon: Clock, tone: "slate", word: "Waits" },
  sending: { icon: LoaderCircle, tone: "orange", word: "Uploading" },
  done: { icon: CircleCheck, tone: "green", word: "There" },
  failed: { icon: CircleX, tone: "red", word: "Failed" },
  stopped: { icon: X, tone: "slate", word: "Stopped" },
} as const;

// Stays until it is put away: what failed has to be read.
export function UploadList() {
  const list = useSyncExternalStore(uploads.watch, uploads.get);
  if (list.length === 0) return null;
  const open = list.filter(isOpen).length;
  return (
    <section className="uploads" aria-label="Uploads">
      <div className="row spread">
        <h2>{open > 0 ? `Uploading ${counted(open, "file")}` : "Uploads"}</h2>
        {open < list.length && (
          <Button small kind="quiet" onClick={() => uploads.forget()}>
            Put away what has ended
          </Button>
        )}
      </div>
      <ul>
        {list.map((one) => (
          <One key={one.id} one={one} />
        ))}
      </ul>
    </section>
  );
}

function One({ one }: { one: Sending }) {
  const look = LOOKS[one.state];
  const Icon = look.icon;
  return (
    <li>
      <div className="row">
        <span className={`chip tone-${look.tone} ${one.state === "sending" ? "turns" : ""}`}>
          <Icon className="icon" aria-hidden />
          <span className="word">{look.word}</span>
        </span>
        <span className="mono cut grow" title={one.path}>
          {one.path}
        </span>
        <span className="soft num">{one.state === "sending" ? `${size(one.sent)} of ${size(one.size)}` : size(one.size)}</span>
        {isOpen(one) && (
          <Button small kind="quiet" icon={X} aria-label={`Stop the upload of ${one.path}`} onClick={() => uploads.stop(one.id)} />
        )}
        {(one.state === "failed" || one.state === "stopped") && (
          <Button small icon={RotateCw} aria-label={`Upload ${one.path} again`} onClick={() => uploads.again(one.id)}>
            Again
          </Button>
        )}
      </div>
      {one.state === "sending" && (
        <progress max={Math.max(1, one.size)} value={one.sent} aria-label={`Upload of ${one.path}`} />
      )}
      {one.error && (
        <p className="tone-red" role="alert">
          {one.error}
        </p>
      )}
    </li>
  );
}
