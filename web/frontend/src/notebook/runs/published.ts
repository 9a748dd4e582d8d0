// What a cell published or deleted, as its events say it, and as its result does, which counts. Pure.
import { count, size } from "../../words/sizes";

export interface Published { what: "output" | "artifact" | "deleted"; name: string; about: string }

interface Lists { outputs?: unknown[]; artifacts_published?: unknown[]; artifacts_deleted?: unknown[] }

// What a kernel wrote: any of it may be missing, or something else.
export function publishedIn(result: Lists): Published[] {
  return [
    ...(result.outputs ?? []).flatMap((one) => outputOf(one) ?? []),
    ...(result.artifacts_published ?? []).flatMap((one) => artifactOf(one) ?? []),
    ...(result.artifacts_deleted ?? []).flatMap((name) => (typeof name === "string" ? [{ what: "deleted" as const, name, about: "" }] : [])),
  ];
}

export function outputOf(given: unknown): Published | null {
  const one = asData(given);
  if (typeof one["name"] !== "string") return null;
  if (one["passed_through"] === true) return { what: "output", name: one["name"], about: "its first input, passed through" };
  const rows = typeof one["rows"] === "number" ? `${count(one["rows"])} rows` : "";
  return { what: "output", name: one["name"], about: joined(rows, sizeIn(one)) };
}

export function artifactOf(given: unknown): Published | null {
  const one = asData(given);
  if (typeof one["name"] !== "string") return null;
  if (one["action"] === "deleted") return { what: "deleted", name: one["name"], about: "" };
  const type = typeof one["type_name"] === "string" ? one["type_name"] : "";
  return { what: "artifact", name: one["name"], about: joined(type, sizeIn(one)) };
}

// The last that was said of a name counts.
export function withOne(list: Published[], one: Published | null): Published[] {
  if (one === null) return list;
  const isTable = one.what === "output";
  return [...list.filter((other) => other.name !== one.name || (other.what === "output") !== isTable), one];
}

function sizeIn(one: Record<string, unknown>): string {
  return typeof one["size"] === "number" ? size(one["size"]) : "";
}

function joined(...parts: string[]): string {
  return parts.filter(Boolean).join(", ");
}

function asData(given: unknown): Record<string, unknown> {
  return typeof given === "object" && given !== null ? (given as Record<string, unknown>) : {};
}
