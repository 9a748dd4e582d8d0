// Packages as people write them: a text with commas or lines between them. Pure.
import type { Lock } from "../api/environments";

// Whether a text says what a kernel has already; the server decides what is the same to it.
export function isSame(text: string, packages: readonly string[]): boolean {
  return squeezed(text) === squeezed(packages.join(","));
}

function squeezed(text: string): string {
  return text.replaceAll(/\s+/g, "");
}

export function nameOf(wish: string): string {
  return /^[A-Za-z0-9][A-Za-z0-9._-]*/.exec(wish.trim())?.[0] ?? wish;
}

// For a card: the first by name, and how many more.
export function inShort(packages: readonly string[]): string {
  const [first, ...rest] = packages;
  if (first === undefined) return "";
  return rest.length === 0 ? nameOf(first) : `${nameOf(first)} +${rest.length}`;
}

// What was asked for, with the version that it came to.
export function found(lock: Lock): { name: string; version: string }[] {
  const versions = new Map(lock.packages.map(({ name, version }) => [name, version]));
  return lock.wishes.map(nameOf).map((name) => ({ name, version: versions.get(name) ?? "not here" }));
}

interface Drafted { packages: string; flavour: string; lock: Lock | null; like: string | null }

export function packagesInWords({ packages, flavour, lock, like }: Drafted): string {
  const base = `Python with the ${flavour} packages`;
  if (lock !== null) return `Python ${lock.python}, ${lock.packages.length} packages; starts in about 2 s once its environment is there`;
  if (packages.trim() === "") return `${base}; starts in about 2 s`;
  const how = like === null ? "those that you named; they are resolved first" : "the very versions of the one it is a clone of";
  return `${base} and ${how}`;
}

// What people are told of a difference between two locks.
export function changeInWords(before: string | null, after: string | null): string {
  if (before === null) return "new";
  return after === null ? "removed" : "changed";
}
