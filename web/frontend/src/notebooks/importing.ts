// A notebook from a file that somebody chose.
import { ApiError } from "../api/client";
import { importNotebook, type NotebookShape } from "../api/notebooks";

const LARGEST = 32 * 1024 * 1024;

export async function importFile(file: File): Promise<NotebookShape> {
  if (file.size > LARGEST) throw new ApiError(0, "too_large", `The file ${file.name} is larger than a notebook may be: 32 MB at most. Nothing was made.`);
  return importNotebook(notebookIn(await file.text(), file.name), nameOf(file.name), null);
}

export function notebookIn(text: string, name: string): object {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw new ApiError(0, "bad_json", `The file ${name} is no JSON, so it is no notebook of Jupyter's (.ipynb). Nothing was made.`);
  }
  if (typeof read !== "object" || read === null || !("nbformat" in read)) {
    throw new ApiError(0, "bad_json", `The file ${name} is no notebook of Jupyter's: it does not say its "nbformat". Nothing was made.`);
  }
  return read;
}

export function nameOf(file: string): string {
  return file.replace(/\.ipynb$/i, "").trim().slice(0, 200) || "Untitled";
}
