// What the catalog's page shows, as it stands in the address. Pure.

export interface CatalogSearch { q?: string; tag?: string; namespace?: string }
export interface EntrySearch { namespace?: string; version?: number }

export function readCatalog(search: Record<string, unknown>): CatalogSearch {
  return { q: textIn(search["q"]), tag: textIn(search["tag"]), namespace: textIn(search["namespace"]) };
}

export function readEntry(search: Record<string, unknown>): EntrySearch {
  const version = Number(search["version"]);
  return {
    namespace: textIn(search["namespace"]),
    version: Number.isInteger(version) && version > 0 ? version : undefined,
  };
}

function textIn(value: unknown): string | undefined {
  // Digits are a number to the router.
  const text = typeof value === "number" || typeof value === "boolean" ? String(value) : value;
  return typeof text === "string" && text.trim() !== "" ? text : undefined;
}

export const DEFAULT = "default";

export function spaceOf({ namespace }: { namespace: string }): { namespace?: string } {
  return namespace === DEFAULT ? {} : { namespace };
}

export interface Reference { namespace: string; name: string; version: number }

// `namespace::name@version`, as it stands among what a version was made from; anything else is a local artifact.
export function referenceIn(text: string): Reference | null {
  const [, namespace, name, version] = /^(.+?)::(.+)@(\d+)$/.exec(text) ?? [];
  return namespace && name && version ? { namespace, name, version: Number(version) } : null;
}
