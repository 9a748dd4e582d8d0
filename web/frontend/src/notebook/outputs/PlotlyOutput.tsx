import { useEffect, useMemo, useRef, useState } from "react";
import { useShownTheme } from "../../app/theme";
import type { Content } from "../../live/events";
import { Notice } from "../../parts/Notice";
import { useContent } from "./content";
import { readFigure, type Figure } from "./figure";
import { loadPlotly } from "./plotly";
import { darkened } from "./plotlyTheme";

const HEIGHT = 400;
const LOWEST = 120;
const HIGHEST = 1600;
// Nothing is sent to plotly's makers, by no button.
const CONFIG = {
  displaylogo: false, responsive: true, showTips: false, scrollZoom: false, showSendToCloud: false, plotlyServerURL: "",
};

interface Props { run: string; content: Content; title: string; instead: string }

// `instead`: what is said where the figure cannot be drawn.
export function PlotlyOutput({ run, content, title, instead }: Props) {
  const { value, error } = useContent(run, content);
  const figure = useMemo(() => (value === undefined ? null : readFigure(value)), [value]);
  if (error) return <NotDrawn why="The figure could not be fetched." instead={instead} />;
  if (figure === null) return <div className="skeleton picture-wait" />;
  if (typeof figure === "string") return <NotDrawn why={figure} instead={instead} />;
  return <Drawn figure={figure} title={title} instead={instead} />;
}

function NotDrawn({ why, instead }: { why: string; instead: string }) {
  return (
    <Notice tone="slate">
      {why} {instead && <code>{instead}</code>}
    </Notice>
  );
}

function Drawn({ figure, title, instead }: { figure: Figure; title: string; instead: string }) {
  const place = useRef<HTMLDivElement>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const [ready, setReady] = useState(false);
  const theme = useShownTheme();
  const height = heightOf(figure);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    let gone = false;
    let purge = (): void => undefined;
    loadPlotly()
      .then(async (plotly) => {
        if (gone) return;
        purge = () => plotly.purge(element);
        const sized = { ...figure.layout, height, width: undefined, autosize: true };
        const layout = theme === "dark" ? darkened(sized) : sized;
        await plotly.react(element, { data: figure.data, layout, frames: figure.frames, config: CONFIG });
        if (!gone) setReady(true);
      })
      .catch((error: unknown) => gone || setFailed(error instanceof Error ? error.message : String(error)));
    return () => {
      gone = true;
      purge();
    };
  }, [figure, theme, height]);
  if (failed !== null) return <NotDrawn why={`The figure could not be drawn: ${failed}.`} instead={instead} />;
  return (
    <div className="chart" style={{ minHeight: height }} role="group" aria-label={title || "Figure"} aria-busy={!ready}>
      <div ref={place} />
      {!ready && <div className="skeleton chart-wait" />}
    </div>
  );
}

function heightOf(figure: Figure): number {
  const asked = figure.layout["height"];
  return typeof asked === "number" && Number.isFinite(asked) ? Math.min(HIGHEST, Math.max(LOWEST, asked)) : HEIGHT;
}
