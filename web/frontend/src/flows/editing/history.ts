// What was, is and was taken back. Pure.

export interface History<T> { past: T[]; present: T; future: T[]; key: string | null }

const MOST = 200;

export const begin = <T>(present: T): History<T> => ({ past: [], present, future: [], key: null });

// Changes with the same key one after the other, as of letters written into a field, are taken back as one.
export function change<T>(history: History<T>, present: T, key: string | null = null): History<T> {
  if (present === history.present) return history;
  const past = key !== null && key === history.key ? history.past : [...history.past, history.present].slice(-MOST);
  return { past, present, future: [], key };
}

export function undo<T>({ past, present, future, key }: History<T>): History<T> {
  const before = past.at(-1);
  if (before === undefined) return { past, present, future, key };
  return { past: past.slice(0, -1), present: before, future: [present, ...future], key: null };
}

export function redo<T>({ past, present, future, key }: History<T>): History<T> {
  const [next, ...rest] = future;
  if (next === undefined) return { past, present, future, key };
  return { past: [...past, present], present: next, future: rest, key: null };
}
