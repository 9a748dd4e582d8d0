import { count, counted } from "../words/sizes";
import type { FilterProps } from "./ColumnFilter";
import { Histogram } from "./Histogram";
import { heights, statisticsOf, type Statistics } from "./statistics";
import { kindOf, type Kind } from "./table";
import { brief, placeWords, titled } from "./words";

export function ColumnFigures({ table, column, filter, set }: FilterProps) {
  const statistics = statisticsOf(table, column);
  const kind = kindOf(table, column);
  const type = table.columns[column]?.type ?? "";
  return (
    <>
      {statistics.bars && <Range statistics={statistics} kind={kind} type={type} />}
      <dl className="figures num">
        {facts(statistics).map(([name, value, title]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="mono cut" title={title}>{value}</dd>
          </div>
        ))}
      </dl>
      {statistics.top.length > 0 && kind !== "number" && kind !== "time" && (
        <ul className="top" aria-label="Most frequent values">
          {statistics.top.map(([value, times]) => (
            <li key={value}>
              <button
                type="button" aria-pressed={filter.is === value} title={`Only ${titled(value)}`}
                onClick={() => set({ ...filter, is: filter.is === value ? null : value })}
              >
                <span className="mono cut">{value === "" ? "“”" : brief(value)}</span>
                <span className="num faint">{count(times)}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <p className="faint">{ofWhat(statistics)}</p>
    </>
  );
}

function ofWhat({ rows, whole }: Statistics): string {
  return whole ? `Of all ${counted(rows, "row")}.` : `Of the first ${counted(rows, "row")} only: the others are not here.`;
}

function Range({ statistics, kind, type }: { statistics: Statistics; kind: Kind; type: string }) {
  const { bars } = statistics;
  if (!bars) return null;
  return (
    <div className="range">
      <Histogram parts={heights(statistics)} width={252} height={48} />
      <div className="row faint mono">
        <span>{placeWords(bars.low, kind, type)}</span>
        <span className="grow" />
        <span>{placeWords(bars.high, kind, type)}</span>
      </div>
    </div>
  );
}

function facts(all: Statistics): [string, string, string][] {
  const { nulls, rows, distinct, min, mean, max } = all;
  const share = nulls !== null && rows > 0 ? ` (${((nulls / rows) * 100).toFixed(nulls > 0 && nulls * 1000 < rows ? 2 : 0)} %)` : "";
  const found: [string, string, string][] = [];
  if (nulls !== null) found.push(["Nulls", `${count(nulls)}${share}`, ""]);
  if (distinct !== null) found.push(["Distinct", count(distinct), ""]);
  for (const [name, value] of [["Smallest", min], ["Mean", mean], ["Largest", max]] as const) {
    if (value !== null && value !== undefined) found.push([name, brief(value), titled(value)]);
  }
  return found;
}
