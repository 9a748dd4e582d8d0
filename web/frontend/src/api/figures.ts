// Calls about how Husk itself does; for admins.
import { get, request } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Figures = Schemas["SystemFigures"];
export type Minute = Schemas["MinuteFigures"];
export type Sample = Schemas["SampleFigures"];
export type QueueFigures = Schemas["QueueFigures"];
export type ProcessFigures = Schemas["ProcessFigures"];
export type KernelFigures = Schemas["KernelFigures"];
export type Letter = Schemas["LetterShape"];
export interface Letters { items: Letter[]; next: string | null; total: number }

const PER_PAGE = "50";

export const figures = (): Promise<Figures> => get("/system/figures");
export const deadLetters = (after: string): Promise<Letters> =>
  get(`/system/dead-letters?${new URLSearchParams({ limit: PER_PAGE, ...(after && { after }) }).toString()}`);
export const discardLetter = (id: string): Promise<unknown> => request("DELETE", `/system/dead-letters/${id}`);
export const discardLetters = (): Promise<unknown> => request("DELETE", "/system/dead-letters");
