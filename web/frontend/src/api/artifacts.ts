// Calls about local artifacts: what cells and nodes published for their own flow.
import { get, request, url } from "./client";
import type { components } from "./schema";
import type { Page } from "./types";

type Schemas = components["schemas"];

export type Artifact = Schemas["OwnArtifactShape"];
export type Lineage = Schemas["ArtifactLineage"];
export type Named = Schemas["NamedVersion"];
export type NamedNode = Schemas["NamedNode"];
export interface Where { flow: string; name: string }
export interface Wanted { q?: string | undefined; flow?: string | undefined }

const PER_PAGE = "100";
const part = encodeURIComponent;
const of = ({ flow, name }: Where, tail = ""): string => `/flows/${part(flow)}/artifacts/${part(name)}${tail}`;

export function artifacts(wanted: Wanted, after: string): Promise<Page<Artifact>> {
  const query = new URLSearchParams({ limit: PER_PAGE });
  if (wanted.q) query.set("q", wanted.q);
  if (wanted.flow) query.set("flow", wanted.flow);
  if (after) query.set("after", after);
  return get(`/artifacts?${query.toString()}`);
}

export const lineage = (where: Where): Promise<Lineage> => get(of(where, "/lineage"));
export const preview = (where: Where): Promise<{ preview: unknown }> => get(of(where, "/preview"));
export const previewHtml = (where: Where): string => url(of(where, "/preview/html"));
export const content = (where: Where): string => url(of(where, "/content"));
export const remove = (where: Where): Promise<unknown> => request("DELETE", of(where));
