// What kernels run in here, as far as this page has words for it. Runtimes tell more than they have in common.
import { useQuery } from "@tanstack/react-query";
import { runtime } from "../api/calls";
import type { Runtime } from "../api/types";

export interface Layer { name: string; there: boolean; what: string }
export interface Banner { words: string; command: string | null }

export function useRuntime() {
  return useQuery({ queryKey: ["runtime"], queryFn: runtime });
}

export function layersOf(facts: Runtime): Layer[] {
  return Object.entries(asObject(facts["layers"])).map(([name, value]) => {
    const layer = asObject(value);
    return { name, there: layer["there"] === true, what: text(layer["what"]) ?? "" };
  });
}

// What is in the way of containers. The command that mends it stands in it, as code does in Markdown.
export function bannerOf(facts: Runtime): Banner | null {
  const words = text(facts.banner);
  if (words === null) return null;
  const [, command] = /`([^`]+)`/.exec(words) ?? [];
  return { words: words.replaceAll("`", ""), command: command ?? null };
}

export interface Offer { container: boolean; flavours: string[]; gpu: boolean }

// What a new kernel may ask for besides memory and cores.
export function offerOf(facts: Runtime | undefined): Offer {
  const container = facts?.isolated === true;
  const named = asObject(facts?.["image"])["flavours"];
  const flavours = Array.isArray(named) ? named.filter((one): one is string => typeof one === "string") : [];
  return { container, flavours, gpu: container && facts["gpu"] === true };
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
