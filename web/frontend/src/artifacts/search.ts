// What the list of artifacts shows, as it stands in the address. Pure.

export interface ArtifactsSearch { q?: string; flow?: string }

export function readArtifacts(search: Record<string, unknown>): ArtifactsSearch {
  const flow = textIn(search["flow"]);
  return { q: textIn(search["q"]), flow: flow !== undefined && PLACE.test(flow) ? flow : undefined };
}

// As the API takes it: a flow's id, or `~` and a kernel's uid.
const PLACE = /^~?[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

function textIn(value: unknown): string | undefined {
  // Digits are a number to the router.
  const text = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  return typeof text === "string" && text.trim() !== "" ? text : undefined;
}

interface Owned { flow_id: string; flow_name: string; flow_kind: string }

// What an artifact belongs to, in words.
export function placeWords({ flow_id: id, flow_name: name, flow_kind: kind }: Owned): string {
  if (kind === "kernel") return `loose cells of ${name}`;
  return name || `cells under ${id.startsWith("~") ? "a kernel that is gone" : id}`;
}

// What published it that was no run of a whole flow.
export const aloneWords = (scope: string): string => (scope === "run" ? "its node run alone" : "a cell");

const TYPES: Record<string, string> = { parquet: "Parquet", joblib: "joblib", cloudpickle: "cloudpickle" };
export const formatWord = (format: string): string => TYPES[format] ?? format;

// Its type with the module it is from, where that says something.
export function typeWords({ module, type_name: name }: { module: string; type_name: string }): string {
  return module && module !== "builtins" ? `${module}.${name}` : name;
}
