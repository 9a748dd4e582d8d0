// Code that panels put into cells. Pure.

// A Python literal of a text.
export function literal(text: string): string {
  return JSON.stringify(text).replace(/\u2028|\u2029|\x7f/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const KEYWORDS = new Set(
  ("False None True and as assert async await break class continue def del elif else except finally for from global if import in is "
  + "lambda nonlocal not or pass raise return try while with yield").split(" "),
);
// What every cell has; a variable of that name would hide it.
const OURS = new Set(["flowfile", "flowfile_ctx", "pl", "display"]);

// A name for a variable that holds what is called so.
export function variableFor(name: string): string {
  const fit = name.normalize("NFKD").replace(/[^\w]+/g, "_").replace(/^_+|_+$/g, "").toLowerCase();
  if (!/^[a-z]/.test(fit)) return fit === "" ? "value" : `value_${fit}`;
  return KEYWORDS.has(fit) || OURS.has(fit) ? `${fit}_` : fit;
}

// `main` is what the call takes without a name.
export function readInput(name: string): string {
  return name === "main" ? "df = flowfile.read_input()" : `${variableFor(name)} = flowfile.read_input(${literal(name)})`;
}

export function readArtifact(name: string): string {
  return `${variableFor(name)} = flowfile.read_artifact(${literal(name)})`;
}

export interface CatalogName { name: string; namespace: string }
export function getGlobal({ name, namespace }: CatalogName): string {
  const space = namespace === "default" ? "" : `, namespace=${literal(namespace)}`;
  return `${variableFor(name)} = flowfile.get_global(${literal(name)}${space})`;
}
