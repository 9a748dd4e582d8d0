// Where to go after the login: a path of this site and nothing else.
export function localPath(value: unknown): string | undefined {
  if (typeof value !== "string" || !/^\/(?![/\\])[\w\-./]*$/.test(value)) return undefined;
  return value.startsWith("/login") ? undefined : value;
}

// `#link=<secret>`: a fragment never reaches a server's log.
export function linkIn(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, "")).get("link");
}
