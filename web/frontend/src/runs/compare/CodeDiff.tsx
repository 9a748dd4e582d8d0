import { useMemo, type ReactNode } from "react";
import { counted } from "../../words/sizes";
import { rowsOf, type Line } from "./lines";

interface Props { left: string | null; right: string | null; label: string }

// Left beside right; where there is no room for that, one below the other.
export function CodeDiff({ left, right, label }: Props) {
  const rows = useMemo(() => rowsOf(left ?? "", right ?? ""), [left, right]);
  return (
    <div className="code-diff mono" tabIndex={0} role="region" aria-label={label}>
      {rows.map((row, index) =>
        row.kind === "skipped"
          ? <p key={index} className="skipped faint">{counted(row.count, "line")} alike</p>
          : (
            <div key={index} className="diff-row">
              <Side line={row.left} sign="−" />
              <Side line={row.right} sign="+" />
            </div>
          ),
      )}
    </div>
  );
}

function Side({ line, sign }: { line: Line | null; sign: "−" | "+" }) {
  const side = sign === "−" ? "left" : "right";
  if (line === null) return <span className={`diff-line none ${side}`} aria-hidden />;
  const text = <Text line={line} />;
  return (
    <span className={`diff-line ${line.changed ? "changed" : "same"} ${side}`}>
      <span className="number faint" aria-hidden>{line.number}</span>
      <span className="sign" aria-hidden>{line.changed ? sign : ""}</span>
      {line.changed ? <Changed sign={sign}>{text}</Changed> : <span className="diff-text">{text}</span>}
    </span>
  );
}

function Changed({ sign, children }: { sign: "−" | "+"; children: ReactNode }) {
  return sign === "−" ? <del className="diff-text">{children}</del> : <ins className="diff-text">{children}</ins>;
}

function Text({ line: { text, pieces } }: { line: Line }) {
  if (pieces === null) return <>{text || " "}</>;
  return <>{pieces.map((one, index) => (one.changed ? <mark key={index}>{one.text}</mark> : one.text))}</>;
}
