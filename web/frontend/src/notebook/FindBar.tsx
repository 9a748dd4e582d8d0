import { ArrowDown, ArrowUp, CaseSensitive, Regex, X } from "lucide-react";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import { Button, IconButton } from "../parts/Button";
import { count } from "../words/sizes";
import { useFinding, type Finding } from "./cells/finding";

interface Props { finding: Finding; mayEdit: boolean; onGo: (cell: string) => void }

// Looks in all cells, those that are far away, too.
export function FindBar(props: Props) {
  useFinding(props.finding);
  return props.finding.open ? <Opened {...props} /> : null;
}

function Opened({ finding, mayEdit, onGo }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const [by, setBy] = useState("");
  const [said, setSaid] = useState("");
  const { query, matches, at, wrong } = finding;
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);
  const go = (cell: string | null): void => {
    if (cell !== null) onGo(cell);
  };
  const keys = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    go(finding.go(event.shiftKey ? -1 : 1));
  };
  const ask = (part: Partial<typeof query>): void => {
    setSaid("");
    finding.ask(part);
    go(finding.matches[finding.at]?.cell ?? null);
  };
  const replaceAll = (): void => {
    const many = finding.replaceAll(by);
    setSaid(`${count(many)} replaced`);
  };
  const found = wrong ?? (query.text === "" ? "" : matches.length === 0 ? "Nothing is like this" : `${count(at + 1)} of ${count(matches.length)}`);
  return (
    <div className="find-bar row wrap" role="search" aria-label="Find in cells" onKeyDown={(event) => event.key === "Escape" && finding.show(false)}>
      <input
        ref={field} className="input" type="text" aria-label="Find in cells" placeholder="Find in cells" spellCheck={false} value={query.text}
        aria-invalid={wrong !== null} onChange={(event) => ask({ text: event.target.value })} onKeyDown={keys}
      />
      <IconButton small icon={CaseSensitive} label="Match case" aria-pressed={query.matchCase} onClick={() => ask({ matchCase: !query.matchCase })} />
      <IconButton small icon={Regex} label="Regular expression" aria-pressed={query.regexp} onClick={() => ask({ regexp: !query.regexp })} />
      <IconButton small icon={ArrowUp} label="Previous match (Shift+Enter)" disabled={matches.length === 0} onClick={() => go(finding.go(-1))} />
      <IconButton small icon={ArrowDown} label="Next match (Enter)" disabled={matches.length === 0} onClick={() => go(finding.go(1))} />
      {mayEdit && (
        <>
          <input
            className="input" type="text" aria-label="Replace by" placeholder="Replace by" spellCheck={false} value={by}
            onChange={(event) => setBy(event.target.value)} onKeyDown={(event) => event.key === "Enter" && go(finding.replace(by))}
          />
          <Button small disabled={matches.length === 0} onClick={() => go(finding.replace(by))}>Replace</Button>
          <Button small disabled={matches.length === 0} onClick={replaceAll}>Replace all</Button>
        </>
      )}
      <span className={`num ${wrong === null ? "faint" : "tone-red"}`} role="status">{said || found}</span>
      <span className="grow" />
      <IconButton small icon={X} label="Close (Esc)" onClick={() => finding.show(false)} />
    </div>
  );
}
