// The panels beside a notebook's cells.
export const TABS = ["variables", "inputs", "artifacts", "reference"] as const;
export type Tab = (typeof TABS)[number];

// What stands in the address; null: no panel is open.
export function tabOf(value: unknown): Tab | null {
  return TABS.find((tab) => tab === value) ?? null;
}
