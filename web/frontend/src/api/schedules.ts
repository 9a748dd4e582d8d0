// Calls about schedules of flows.
import { get, post, request } from "./client";
import { all, type RunRow } from "./runs";
import type { components } from "./schema";
import type { Page } from "./types";

const part = encodeURIComponent;

type Schemas = components["schemas"];

export type Schedule = Schemas["ScheduleShape"];
export type ScheduleKind = Schedule["kind"];
export type Overlap = Schedule["overlap"];
export type CatchUp = Schedule["catch_up"];
export type Fire = Schemas["FireShape"];
export type ScheduleBody = Partial<Schemas["ScheduleBody"]>;
export type NextFire = Schemas["NextShape"];
export type SchedulePreview = Schemas["SchedulePreviewShape"];

export const schedules = (): Promise<Page<Schedule>> => all("/schedules?limit=200");
export const createSchedule = (flow: string, body: ScheduleBody): Promise<Schedule> =>
  post(`/flows/${part(flow)}/schedules`, body);
export const changeSchedule = (id: string, change: ScheduleBody): Promise<Schedule> =>
  request("PATCH", `/schedules/${part(id)}`, change);
export const deleteSchedule = (id: string): Promise<unknown> => request("DELETE", `/schedules/${part(id)}`);
export const triggerSchedule = (id: string): Promise<RunRow> => post(`/schedules/${part(id)}/trigger`);
export const fires = (id: string, limit: number): Promise<Page<Fire>> => get(`/schedules/${part(id)}/fires?limit=${limit}`);
export const previewSchedule = (body: ScheduleBody): Promise<SchedulePreview> => post("/schedules/preview", body);
export const nextFires = (id: string, count: number): Promise<{ items: NextFire[] }> => get(`/schedules/${part(id)}/next?count=${count}`);
