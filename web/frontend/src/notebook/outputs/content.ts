// What a display holds: content, or a reference to an object that is fetched when it is looked at.
import { useQuery } from "@tanstack/react-query";
import { ApiError, bytes } from "../../api/client";
import type { Bundle, Content, Reference } from "../../live/events";
import { PLOTLY, TABLE } from "./mimes";

const IMAGES = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"] as const;
const TEXTS = ["application/json", "text/markdown", "text/latex", "text/plain"] as const;

export type Shown =
  | { as: "table"; mime: string; content: Content }
  | { as: "plotly"; mime: string; content: Content }
  | { as: "image"; mime: string; content: Content }
  | { as: "html"; mime: string; content: Content }
  | { as: "text"; mime: string; content: Content };

// The richest form that this page can show.
export function choose(data: Bundle): Shown | null {
  const find = (mimes: readonly string[]): string | undefined => mimes.find((mime) => data[mime] !== undefined);
  const forms: [Shown["as"], readonly string[]][] = [
    ["table", [TABLE]],
    ["plotly", [PLOTLY]],
    ["image", IMAGES],
    ["html", ["text/html"]],
    ["text", TEXTS],
  ];
  for (const [as, mimes] of forms) {
    const mime = find(mimes);
    if (mime !== undefined) return { as, mime, content: data[mime] ?? null };
  }
  return null;
}

export function isReference(content: Content): content is Content & Reference {
  return typeof content === "object" && content !== null && !Array.isArray(content) && typeof content["ref"] === "string";
}

export function asText(content: Content): string {
  return typeof content === "string" ? content : JSON.stringify(content, null, 2);
}

export function objectPath(run: string, ref: string): string {
  return `/executions/${encodeURIComponent(run)}/objects/${ref.split("/").map(encodeURIComponent).join("/")}`;
}

// A page hears of an object from the cell itself, which is recorded a moment later: until then nobody may have it.
const RECORDED_MS = [250, 750, 2000];

export async function objectBytes(run: string, ref: string): Promise<Blob> {
  for (const wait of RECORDED_MS) {
    try {
      return await bytes(objectPath(run, ref));
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  return bytes(objectPath(run, ref));
}

// The content itself; `undefined` until it is there.
export function useContent(run: string, content: Content): { value: Content | undefined; error: unknown } {
  const ref = isReference(content) ? content.ref : null;
  const { data, error } = useQuery({
    queryKey: ["object", run, ref],
    queryFn: async () => parse(await (await objectBytes(run, ref ?? "")).text()),
    enabled: ref !== null,
    gcTime: 60_000,
  });
  return { value: ref === null ? content : data, error };
}

function parse(text: string): Content {
  try {
    return JSON.parse(text) as Content;
  } catch {
    return text;
  }
}

// An address for an <img>: pictures cannot run scripts there, SVG neither.
export function useImageUrl(run: string, mime: string, content: Content): { url: string | null; error: unknown } {
  const ref = isReference(content) ? content.ref : null;
  const { data, error } = useQuery({
    queryKey: ["picture", run, ref],
    queryFn: async () => readUrl(new Blob([await objectBytes(run, ref ?? "")], { type: mime })),
    enabled: ref !== null,
    gcTime: 60_000,
  });
  return { url: ref === null ? dataUrl(mime, content) : (data ?? null), error };
}

export function dataUrl(mime: string, content: Content): string | null {
  if (typeof content !== "string") return null;
  if (mime === "image/svg+xml") return `data:${mime};charset=utf-8,${encodeURIComponent(content)}`;
  return `data:${mime};base64,${content.replace(/\s+/g, "")}`;
}

function readUrl(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error("the picture could not be read"));
    reader.readAsDataURL(blob);
  });
}
