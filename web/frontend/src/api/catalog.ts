// Calls about global artifacts.
import { ApiError, get, post, request, url } from "./client";
import type { components } from "./schema";
import type { Page } from "./types";

type Schemas = components["schemas"];

export type Entry = Schemas["EntryShape"];
export type Version = Schemas["VersionShape"];
export interface Named { name: string; namespace: string; latest: number; items: Entry[]; next: string | null }
export interface Place { namespace: string; name: string }
export interface Wanted { q?: string | undefined; tag?: string | undefined; namespace?: string | undefined }

const PER_PAGE = "100";

export function names(wanted: Wanted, after: string): Promise<Page<Entry>> {
  const query = new URLSearchParams({ limit: PER_PAGE });
  if (wanted.q) query.set("q", wanted.q);
  if (wanted.tag) query.set("tags", wanted.tag);
  if (wanted.namespace) query.set("namespace", wanted.namespace);
  if (after) query.set("after", after);
  return get(`/catalog/artifacts?${query.toString()}`);
}

export const namespaces = (): Promise<Page<string>> => get("/catalog/namespaces");

const of = (place: Place, tail = ""): string => `/catalog/artifacts/${encodeURIComponent(place.name)}${tail}`;
const space = (place: Place, more: Record<string, string> = {}): string =>
  `?${new URLSearchParams({ namespace: place.namespace, ...more }).toString()}`;
const at = (place: Place, version: number, tail = "", more: Record<string, string> = {}): string =>
  of(place, `/versions/${version}${tail}`) + space(place, more);

export const versions = (place: Place, after: string): Promise<Named> =>
  get(of(place) + space(place, { limit: PER_PAGE, ...(after && { after }) }));
export const version = (place: Place, number: number): Promise<Version> => get(at(place, number));
export const preview = (place: Place, number: number): Promise<{ preview: unknown }> => get(at(place, number, "/preview"));
export const previewHtml = (place: Place, number: number): string => url(at(place, number, "/preview/html"));
export const content = (place: Place, number: number): string => url(at(place, number, "/content"));
export const promote = (place: Place, number: number): Promise<Version> => post(at(place, number, "/promote"));
export interface Said { description?: string; tags?: string[] }
export const describe = (place: Place, number: number, said: Said): Promise<Version> =>
  request("PATCH", at(place, number), said);
export type Pruned = Schemas["PrunedShape"];
export interface PruneWanted { keep: number; namespace?: string; name?: string; older_than_s?: number }
export const prune = (wanted: PruneWanted, really: boolean): Promise<Pruned> =>
  post("/catalog/prune", { ...wanted, dry_run: !really });
export const removeVersion = (place: Place, number: number, force: boolean): Promise<{ deleted: number }> =>
  request("DELETE", at(place, number, "", force ? { force: "true" } : {}));
export const removeName = (place: Place): Promise<{ deleted: number }> =>
  request("DELETE", of(place) + space(place, { force: "true" }));

// Null: it was deleted.
export async function flowNamed(id: string): Promise<{ name: string } | null> {
  try {
    return await get<{ name: string }>(`/flows/${encodeURIComponent(id)}`);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}
