// Light, dark, or what the system says; kept in this browser.
import { useSyncExternalStore } from "react";

export type Theme = "system" | "light" | "dark";
const KEY = "husk.theme";
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const watchers = new Set<() => void>();

export function theme(): Theme {
  const kept = localStorage.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : "system";
}

export function setTheme(value: Theme): void {
  if (value === "system") localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, value);
  applyTheme();
}

export function applyTheme(): void {
  const chosen = theme();
  const shown = chosen === "system" ? (dark.matches ? "dark" : "light") : chosen;
  document.documentElement.dataset["theme"] = shown;
  for (const watcher of watchers) watcher();
}

export function useTheme(): Theme {
  return useSyncExternalStore(watch, theme);
}

// Which of the two is shown now.
export function useShownTheme(): string {
  return useSyncExternalStore(watch, () => document.documentElement.dataset["theme"] ?? "light");
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => void watchers.delete(watcher);
}

dark.addEventListener("change", applyTheme);
window.addEventListener("storage", (event) => event.key === KEY && applyTheme());
