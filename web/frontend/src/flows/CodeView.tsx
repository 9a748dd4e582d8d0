import { pythonLanguage } from "@codemirror/lang-python";
import { classHighlighter, highlightCode } from "@lezer/highlight";
import { useMemo } from "react";

interface Piece { text: string; classes: string }

// Code to read, coloured as in a cell.
export function CodeView({ code, label, sql = false }: { code: string; label: string; sql?: boolean }) {
  const pieces = useMemo(() => (sql ? sqlPieces(code) : pythonPieces(code)), [code, sql]);
  return (
    <pre className="code-view" tabIndex={0} role="region" aria-label={label}>
      {pieces.map(({ text, classes }, index) => (classes ? <span key={index} className={classes}>{text}</span> : text))}
    </pre>
  );
}

const LONGEST = 200_000;

function pythonPieces(code: string): Piece[] {
  if (code.length > LONGEST) return [{ text: code, classes: "" }];
  const pieces: Piece[] = [];
  highlightCode(
    code, pythonLanguage.parser.parse(code), classHighlighter,
    (text, classes) => void pieces.push({ text, classes }), () => void pieces.push({ text: "\n", classes: "" }),
  );
  return pieces;
}

const SQL = /('(?:[^']|'')*')|(--[^\n]*)|\b(\d+(?:\.\d+)?)\b|\b(select|from|where|join|left|right|inner|outer|full|cross|on|using|group|order|by|having|limit|offset|as|and|or|not|in|is|null|case|when|then|else|end|with|union|all|distinct|between|like|asc|desc|cast|exists|true|false)\b/gi;
const CLASSES = ["", "tok-string", "tok-comment", "tok-number", "tok-keyword"];

function sqlPieces(code: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const found of code.matchAll(SQL)) {
    pieces.push({ text: code.slice(from, found.index), classes: "" });
    const which = found.slice(1).findIndex((one) => one !== undefined) + 1;
    pieces.push({ text: found[0], classes: CLASSES[which] ?? "" });
    from = found.index + found[0].length;
  }
  return [...pieces, { text: code.slice(from), classes: "" }];
}
