const UNITS = ["B", "KB", "MB", "GB", "TB"];

// Decimal units, as the limits of kernels are given in.
export function size(bytes: number): string {
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${trimmed(value, digits)} ${UNITS[unit] ?? "B"}`;
}

export function gigabytes(bytes: number): string {
  return trimmed(bytes / 1e9, bytes >= 1e10 ? 1 : 2);
}

export function trimmed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

const grouped = new Intl.NumberFormat("en");
export function count(value: number): string {
  return grouped.format(value);
}

export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

const ENDINGS: Record<string, string> = { one: "st", two: "nd", few: "rd", other: "th" };
const ordinals = new Intl.PluralRules("en", { type: "ordinal" });
export function ordinal(value: number): string {
  return `${value}${ENDINGS[ordinals.select(value)] ?? "th"}`;
}
