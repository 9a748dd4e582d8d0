// Which folder is looked at, as it stands in the address. Pure.

export interface FilesSearch { folder?: string; file?: string; version?: number }

export function readFiles(search: Record<string, unknown>): FilesSearch {
  const version = Number(search["version"]);
  return {
    folder: folderIn(search["folder"]), file: textIn(search["file"]),
    version: Number.isInteger(version) && version > 0 ? version : undefined,
  };
}

function textIn(value: unknown): string | undefined {
  // Digits are a number to the router.
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && text !== "" ? text : undefined;
}

function folderIn(value: unknown): string | undefined {
  const text = textIn(value)?.replace(/^\/+/, "");
  if (!text) return undefined;
  return text.endsWith("/") ? text : `${text}/`;
}

export interface Step { word: string; folder: string | undefined }

// The way to a folder, from the top.
export function trail(folder: string | undefined): Step[] {
  const steps: Step[] = [{ word: "All files", folder: undefined }];
  let path = "";
  for (const part of (folder ?? "").split("/").filter(Boolean)) {
    path += `${part}/`;
    steps.push({ word: part, folder: path });
  }
  return steps;
}

export function nameIn(path: string, folder: string | undefined): string {
  return path.slice((folder ?? "").length);
}
