// Plain data as a person reads it.
export function told(value: unknown, between = " · "): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return value.map((one) => told(one, ", ")).join(", ");
  const parts = Object.entries(value).filter(([, one]) => one !== null && one !== "");
  return parts.map(([name, one]) => `${name.replaceAll("_", " ")}: ${told(one, ", ")}`).join(between);
}
