// Levels of log lines. Pure.

const RANK: Record<string, number> = { DEBUG: 10, INFO: 20, WARNING: 30, WARN: 30, ERROR: 40, CRITICAL: 50 };

// A level that is none of ours counts as INFO.
export const rankOf = (level: string): number => RANK[level.toUpperCase()] ?? 20;
export const toneOfLevel = (level: string): string => (rankOf(level) >= 40 ? "red" : rankOf(level) >= 30 ? "amber" : "slate");
