// Flows from files that somebody chose: the server reads them, as it reads those of the command line.
import { createFlow, parseFlow, type Flow, type FlowDocument } from "../api/flows";
import { ApiError, sentence } from "../api/client";

const LARGEST = 10 * 1024 * 1024;
const ENDING = /\.(json|ya?ml)$/i;
const UNNAMED = "Untitled flow";

export async function readFile(file: File): Promise<FlowDocument> {
  if (file.size > LARGEST) throw new ApiError(0, "too_large", `The file ${file.name} is larger than a flow may be: 10 MB at most. Nothing was made.`);
  try {
    const found = await parseFlow(await file.text(), formOf(file.name));
    return found.name === UNNAMED ? { ...found, name: file.name.replace(ENDING, "") || UNNAMED } : found;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status === 0) throw error;
    const place = error.field ? `${error.field}: ` : "";
    throw new ApiError(error.status, error.code, `The file ${file.name} holds no flow that can be read. ${place}${sentence(error.message)} Nothing was made.`);
  }
}

export const importFile = async (file: File): Promise<Flow> => createFlow(await readFile(file));

export function formOf(name: string): "json" | "yaml" | null {
  const ending = ENDING.exec(name)?.[1]?.toLowerCase();
  return ending === undefined ? null : ending === "json" ? "json" : "yaml";
}
