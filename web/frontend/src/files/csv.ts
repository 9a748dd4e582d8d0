// The first rows of a file of values with commas, semicolons or tabs between them. Pure.

const SEPARATORS = [",", ";", "\t", "|"];

// The one that is in the first line most often, outside of quotes.
export function separatorOf(text: string): string {
  const line = firstRecord(text);
  const counts = SEPARATORS.map((one) => cut(line, one)[0]?.length ?? 0);
  return SEPARATORS[counts.indexOf(Math.max(...counts))] ?? ",";
}

function firstRecord(text: string): string {
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '"') quoted = !quoted;
    else if (text[at] === "\n" && !quoted) return text.slice(0, at);
  }
  return text;
}

// Records as RFC 4180 has them; quotes that never end take the rest. `most`: records at most.
export function cut(text: string, separator: string, most = Infinity): string[][] {
  const field = fieldBefore(separator);
  const rows: string[][] = [];
  let row: string[] = [];
  while (field.lastIndex < text.length && rows.length < most) {
    const [, quoted, plain = "", end] = field.exec(text) ?? [];
    row.push(quoted === undefined ? plain : unquoted(quoted) + plain);
    if (end === separator) {
      if (field.lastIndex === text.length) row.push("");
      continue;
    }
    rows.push(row);
    row = [];
  }
  if (rows.length < most && row.length > 0) rows.push(row);
  return rows;
}

function fieldBefore(separator: string): RegExp {
  const sign = separator === "|" ? "\\|" : separator;
  return new RegExp(`("(?:[^"]|"")*(?:"|$))?([^${sign}\\n]*?)(${sign}|\\r?\\n|\\r?$)`, "y");
}

function unquoted(text: string): string {
  const end = text.length > 1 && text.endsWith('"') ? -1 : undefined;
  return text.slice(1, end).replaceAll('""', '"');
}
