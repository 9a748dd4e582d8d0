const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

// How long something took, or takes: 340 ms, 1.2 s, 3 min 12 s, 2 h 5 min.
export function duration(seconds: number): string {
  if (seconds < 0.9995) return `${Math.max(0, Math.round(seconds * 1000))} ms`;
  if (seconds < 59.95) return `${seconds < 9.95 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min ${whole % MINUTE} s`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h ${Math.floor((seconds % HOUR) / MINUTE)} min`;
  return `${Math.floor(seconds / DAY)} d ${Math.floor((seconds % DAY) / HOUR)} h`;
}

// A clock that runs: 00:12, 1:02:03.
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(whole / HOUR);
  const tail = `${two(Math.floor((whole % HOUR) / MINUTE))}:${two(whole % MINUTE)}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}

// Roughly how long: just now, 4 min, 3 h, 2 d.
export function rough(seconds: number): string {
  if (seconds < 10) return "moments";
  if (seconds < MINUTE) return `${Math.floor(seconds)} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h`;
  return `${Math.floor(seconds / DAY)} d`;
}

export function ago(at: number, now: number): string {
  const seconds = (now - at) / 1000;
  return seconds < 10 ? "just now" : `${rough(seconds)} ago`;
}

const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
export function moment(at: number): string {
  return absolute.format(at);
}
