import type { NextFire } from "../api/schedules";
import { In } from "./In";

// Each slot in the schedule's zone and in UTC.
export function NextFires({ items, timezone }: { items: NextFire[]; timezone: string }) {
  const zoned = timezone !== "UTC";
  return (
    <table className="table next-fires">
      <thead>
        <tr>
          <th scope="col">{timezone}</th>
          {zoned && <th scope="col">UTC</th>}
          <th scope="col"><span className="hidden-text">From now</span></th>
        </tr>
      </thead>
      <tbody>
        {items.map((one) => (
          <tr key={one.local}>
            <td className="num">{shown(one.local)}</td>
            {zoned && <td className="num soft">{one.utc && shown(one.utc)}</td>}
            <td className="faint">{one.utc && <In at={one.utc} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

// As the clock there says it, whatever the reader's zone: `2026-12-01T06:30:00+01:00` → `Tue 2026-12-01 06:30`.
export function shown(moment: string): string {
  const [, year, month, day, clock, seconds] = /^(\d{4})-(\d{2})-(\d{2})[T ](\d{2}:\d{2})(?::(\d{2}))?/.exec(moment) ?? [];
  if (year === undefined) return moment;
  const weekday = WEEKDAYS[new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDay()];
  return `${weekday} ${year}-${month}-${day} ${clock}${seconds && seconds !== "00" ? `:${seconds}` : ""}`;
}
