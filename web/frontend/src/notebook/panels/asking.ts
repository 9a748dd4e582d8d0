// Calls of the panels.
import type { components } from "../../api/schema";
import { get } from "../../api/client";
import { all } from "../../api/runs";
import type { Page } from "../../api/types";

type Schemas = components["schemas"];
export type LocalArtifact = Schemas["ArtifactShape"];
export type CatalogEntry = Schemas["EntryShape"];

const part = encodeURIComponent;

export const outputs = async (flow: string): Promise<Schemas["OutputShape"][]> =>
  (await all<Schemas["OutputShape"]>(`/flows/${part(flow)}/outputs?limit=200`)).items;
export const outputPreview = (flow: string, node: string, name: string): Promise<Schemas["OutputPreview"]> =>
  get(`/flows/${part(flow)}/outputs/${part(node)}/${part(name)}/preview`);
export const localArtifacts = async (flow: string): Promise<LocalArtifact[]> =>
  (await all<LocalArtifact>(`/flows/${part(flow)}/artifacts?limit=200`)).items;
export const catalogNames = (q: string): Promise<Page<CatalogEntry>> =>
  get(`/catalog/artifacts?${new URLSearchParams({ limit: "30", ...(q !== "" && { q }) }).toString()}`);
