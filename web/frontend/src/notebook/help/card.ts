// What a hover, a call and a chosen completion show: text only, whatever a docstring holds.
import type { CallSignature, Inspection } from "../../api/help";

export function inspectionCard(found: Inspection): HTMLElement {
  const head = found.signature || `${lastOf(found.name ?? "")}: ${found.type}`;
  return card(code(found.kind === "class" ? `class ${head}` : head), part("help-repr", found.repr), part("help-doc", found.doc));
}

export function signatureCard(found: CallSignature): HTMLElement {
  const characters = [...found.label];
  const [start = 0, end = 0] = found.parameters[found.active ?? -1] ?? [];
  const piece = (from: number, to?: number): string => characters.slice(from, to).join("");
  const line = code(piece(0, start));
  const active = document.createElement("strong");
  active.textContent = piece(start, end);
  line.append(active, piece(end));
  return card(line, part("help-doc", firstOf(found.doc)));
}

// The first paragraph: there is more of it in the hover.
function firstOf(doc: string): string {
  return doc.split(/\n\s*\n/, 1)[0] ?? "";
}

function lastOf(name: string): string {
  return name.split(".").pop() ?? name;
}

function card(...parts: (HTMLElement | null)[]): HTMLElement {
  const made = document.createElement("div");
  made.className = "help-card";
  made.append(...parts.filter((one) => one !== null));
  return made;
}

function code(text: string): HTMLElement {
  const made = document.createElement("code");
  made.textContent = text;
  return made;
}

function part(className: string, text: string): HTMLElement | null {
  if (text === "") return null;
  const made = document.createElement("div");
  made.className = className;
  made.textContent = text;
  return made;
}
