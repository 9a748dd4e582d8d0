// Tags as they are typed. Pure.

// Those that there are and those that were typed, with commas between; each once.
export function withTags(tags: readonly string[], typed: string): string[] {
  const more = typed.split(",").map((one) => one.trim()).filter(Boolean);
  return [...new Set([...tags, ...more])];
}
