// Calls about shared files.
import { get, post, range, request, url } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];

export type SharedFile = Schemas["FileShape"];
export interface Folder { items: SharedFile[]; folders: string[]; next: string | null }

const PER_PAGE = "200";
export const pathOf = (path: string): string => `/files/${path.split("/").map(encodeURIComponent).join("/")}`;

export function folder(prefix: string, after: string): Promise<Folder> {
  const query = new URLSearchParams({ prefix, delimiter: "/", limit: PER_PAGE, ...(after && { after }) });
  return get(`/files?${query.toString()}`);
}

// The first of all, in whatever folder.
export const allFiles = (): Promise<{ items: SharedFile[]; next: string | null }> => get(`/files?limit=${PER_PAGE}`);
export const versions = (path: string): Promise<{ items: SharedFile[] }> => get(`${pathOf(path)}?versions=`);
export const restore = (path: string, version: number): Promise<SharedFile> => post(pathOf(path), { restore: version });
export const remove = (path: string): Promise<unknown> => request("DELETE", pathOf(path));
export const giveUp = (path: string, upload: string): Promise<unknown> =>
  request("DELETE", `${pathOf(path)}?upload=${upload}`);
export interface Beginning { bytes: Uint8Array; whole: boolean }

// At most the first `most` bytes: the file is not asked for whole.
export async function beginning(path: string, version: number, size: number, most: number): Promise<Beginning> {
  if (size === 0) return { bytes: new Uint8Array(), whole: true };
  const bytes = await range(`${pathOf(path)}?version=${version}`, most);
  return { bytes, whole: bytes.length >= size };
}

export const fileUrl = (path: string, version?: number): string =>
  url(pathOf(path) + (version === undefined ? "" : `?version=${version}`));
