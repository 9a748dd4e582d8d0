// A flow from a file that somebody chose.
import { createFlow, type Flow, type FlowDocument } from "../api/flows";
import { ApiError } from "../api/client";

const LARGEST = 8 * 1024 * 1024;

export async function importFile(file: File): Promise<Flow> {
  if (file.size > LARGEST) throw new ApiError(0, "too_large", `The file ${file.name} is larger than a flow may be: 8 MB at most.`);
  if (/\.ya?ml$/i.test(file.name)) {
    throw new ApiError(0, "bad_json", `The file ${file.name} is YAML, which a terminal imports: husk flow import ${file.name}. Here it is JSON alone.`);
  }
  return createFlow(documentIn(await file.text(), file.name));
}

export function documentIn(text: string, name: string): FlowDocument {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw new ApiError(0, "bad_json", `The file ${name} is no JSON. A flow is written by \`husk flow export\`; nothing was made.`);
  }
  if (typeof read !== "object" || read === null || Array.isArray(read)) {
    throw new ApiError(0, "bad_json", `The file ${name} holds no flow: it should be an object with "nodes". Nothing was made.`);
  }
  const { name: said, nodes, connections, parameters, default_kernel } = read as Partial<FlowDocument>;
  return {
    name: said ?? name.replace(/\.json$/i, ""), nodes: nodes ?? [], connections: connections ?? [], parameters: parameters ?? {},
    default_kernel: default_kernel ?? null,
  };
}
