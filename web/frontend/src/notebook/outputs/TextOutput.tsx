import { ChevronsDownUp, ChevronsUpDown } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button } from "../../parts/Button";
import { Copy } from "../../parts/Copy";
import { count, counted } from "../../words/sizes";
import type { TextBuffer } from "../runs/text";
import { AnsiLine } from "./Ansi";
import { useWindow } from "./window";

// Longer output folds to its beginning and its end.
export const FOLD_FROM = 24;
const SHOWN_EACH = 12;
const ROW = 20;
const TALLEST = 480;

// `version` makes it render again: the buffer itself is the same object all the time.
export function TextOutput({ text }: { text: TextBuffer; version: number }) {
  const [open, setOpen] = useState(false);
  if (text.length <= FOLD_FROM) return <Lines text={text} from={0} to={text.length} />;
  return open ? (
    <Unfolded text={text} fold={<FoldButton onFold={() => setOpen(false)} />} />
  ) : (
    <Folded text={text} onOpen={() => setOpen(true)} />
  );
}

function Lines({ text, from, to }: { text: TextBuffer; from: number; to: number }) {
  return (
    <pre className="text">
      {text.slice(from, to).map((line, index) => (
        <AnsiLine key={from + index} line={line} />
      ))}
    </pre>
  );
}

function Folded({ text, onOpen }: { text: TextBuffer; onOpen: () => void }) {
  const hidden = text.length - 2 * SHOWN_EACH + text.dropped;
  return (
    <>
      <Lines text={text} from={0} to={SHOWN_EACH} />
      <button type="button" className="fold" onClick={onOpen}>
        <ChevronsUpDown className="icon" aria-hidden />
        <span className="num">{counted(hidden, "more line")}</span>
      </button>
      <Lines text={text} from={text.length - SHOWN_EACH} to={text.length} />
    </>
  );
}

export function FoldButton({ onFold }: { onFold: () => void }) {
  return (
    <Button small icon={ChevronsDownUp} onClick={onFold}>
      Fold
    </Button>
  );
}

// All lines, of which those in sight are drawn.
export function Unfolded({ text, fold }: { text: TextBuffer; fold: ReactNode }) {
  const shown = useWindow(text.length, ROW, TALLEST);
  const height = Math.min(TALLEST, text.length * ROW + 16);
  return (
    <div className="unfolded">
      <div className="row bar">
        <span className="faint num">
          {counted(text.length, "line")}
          {text.dropped > 0 && `; ${count(text.dropped)} in the middle are not kept on this page`}
        </span>
        <span className="grow" />
        <Copy text={() => text.plain()} label="Copy all" />
        {fold}
      </div>
      <div
        className="scroller" style={{ height }} onScroll={shown.onScroll} tabIndex={0} role="region"
        aria-label="Whole output"
      >
        <div style={{ height: shown.above }} />
        <pre className="text nowrap">
          {text.slice(shown.from, shown.to).map((line, index) => (
            <AnsiLine key={shown.from + index} line={line} />
          ))}
        </pre>
        <div style={{ height: shown.below }} />
      </div>
    </div>
  );
}
