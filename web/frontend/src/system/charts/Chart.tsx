import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useShownTheme } from "../../app/theme";
import { dataOf, hour, optionsOf, sized, type Line } from "./plot";

interface Props {
  title: string;
  // What a reader of the page hears in place of the picture.
  summary: string;
  at: readonly number[];
  lines: readonly Line[];
  format: (value: number) => string;
  empty: string | null;
}

// The picture is for who sees it; the legend says the values where the cursor is, else the newest, and the table all.
export function Chart({ title, summary, at, lines, format, empty }: Props) {
  const [hovered, setHovered] = useState<number | null>(null);
  const shown = hovered ?? at.length - 1;
  return (
    <figure className="figure-chart">
      <figcaption className="row spread">
        <h2>{title}</h2>
        <span className="faint num">{at[shown] === undefined ? "" : hour(at[shown])}</span>
      </figcaption>
      <Legend lines={lines} index={shown} format={format} />
      {empty === null ? <Picture {...{ summary, at, lines, format }} onHover={setHovered} /> : <p className="none faint">{empty}</p>}
      {empty === null && <Numbers {...{ title, at, lines, format }} />}
    </figure>
  );
}

function Legend({ lines, index, format }: Pick<Props, "lines" | "format"> & { index: number }) {
  return (
    <ul className="chart-legend row wrap">
      {lines.map(({ label, color, values }) => {
        const value = values[index];
        return (
          <li key={label} className="row">
            <svg className="swatch" viewBox="0 0 8 8" aria-hidden>
              <rect className={`fill-${color}`} width="8" height="8" rx="2" />
            </svg>
            {label} <span className="num">{value === null || value === undefined ? "–" : format(value)}</span>
          </li>
        );
      })}
    </ul>
  );
}

type PictureProps = Pick<Props, "summary" | "at" | "lines" | "format"> & { onHover: (index: number | null) => void };

function Picture({ summary, at, lines, format, onHover }: PictureProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const theme = useShownTheme();
  const data = useMemo(() => dataOf(at, lines), [at, lines]);
  const newest = useRef({ data, lines, format, onHover });
  useEffect(() => {
    newest.current = { data, lines, format, onHover };
    plot.current?.setData(data);
  }, [data, lines, format, onHover]);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const { data: first, ...wanted } = newest.current;
    const made = new uPlot(optionsOf({ ...wanted, width: element.clientWidth || 1 }), first, element);
    plot.current = made;
    const observer = new ResizeObserver(() => sized(made, element.clientWidth || 1));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [theme, lines.length]);
  return <div ref={place} className="plot" role="img" aria-label={summary} />;
}

const ROWS = 15;

function Numbers({ title, at, lines, format }: Pick<Props, "title" | "at" | "lines" | "format">) {
  const [open, setOpen] = useState(false);
  const rows = at.map((one, index) => [one, index] as const).slice(-ROWS).reverse();
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="faint">Numbers</summary>
      {open && (
        <div className="scroll-x" tabIndex={0} role="region" aria-label={`${title}, numbers`}>
          <table className="table numbers">
            <thead>
              <tr>
                <th scope="col">At</th>
                {lines.map(({ label }) => (
                  <th key={label} scope="col" className="number">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map(([one, index]) => (
                <tr key={one}>
                  <td className="num">{hour(one)}</td>
                  {lines.map(({ label, values }) => (
                    <td key={label} className="num number">
                      {values[index] === null || values[index] === undefined ? "–" : format(values[index])}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}
