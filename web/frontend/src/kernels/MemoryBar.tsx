import { MemoryStick } from "lucide-react";
import type { Kernel } from "../api/types";
import "../styles/kernels.css";
import { count, gigabytes } from "../words/sizes";
import { rough } from "../words/times";
import { isUp } from "./states";
import { KEPT_S, useMemory, type Sample } from "./memory";

// From here on a person should look, and here cells are about to be killed.
const HIGH = 0.8;
const FULL = 0.95;

interface Use { used: number; limit: number }

export function useUse(kernel: Kernel): Use | null {
  const course = useMemory(kernel.uid);
  const last = course?.samples.at(-1);
  if (!isUp(kernel.state) || kernel.state === "starting" || kernel.state === "building") return null;
  if (last) return last;
  return kernel.memory && { used: kernel.memory.used_bytes, limit: kernel.memory.limit_bytes };
}

export function level(use: Use): "low" | "high" | "full" {
  const part = use.used / use.limit;
  return part > FULL ? "full" : part > HIGH ? "high" : "low";
}

const WORDS = { low: "", high: ", high", full: ", almost full" };

export function MemoryBar({ kernel }: { kernel: Kernel }) {
  const use = useUse(kernel);
  if (!use) return <span className="faint">No memory in use</span>;
  const at = level(use);
  const exact = `${count(use.used)} of ${count(use.limit)} bytes in use${WORDS[at]}`;
  return (
    <div className="row memory" title={exact}>
      <div
        className={`bar ${at}`} role="meter" aria-label="Memory" aria-valuemin={0} aria-valuemax={use.limit}
        aria-valuenow={Math.min(use.used, use.limit)} aria-valuetext={exact}
      >
        <div className="fill" style={{ width: `${Math.min(100, (use.used / use.limit) * 100)}%` }} />
      </div>
      <span className="mono num figures">
        {at !== "low" && <MemoryStick className={`icon tone-${at === "full" ? "red" : "orange"}`} aria-hidden />}
        {gigabytes(use.used)} / {gigabytes(use.limit)} GB
        {at !== "low" && <strong> {at === "full" ? "Almost full" : "High"}</strong>}
      </span>
    </div>
  );
}

const WIDTH = 112;
const HEIGHT = 24;
const SHORTEST_S = 10;

export function Sparkline({ uid }: { uid: string }) {
  const course = useMemory(uid);
  const samples = thinned(course?.samples ?? []);
  if (samples.length < 2) return null;
  const seconds = spanOf(samples);
  return (
    <span className="row spark" title="Memory in the last minutes">
      <svg width={WIDTH} height={HEIGHT} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} aria-hidden>
        <path d={`M0 ${HEIGHT - 0.5} H${WIDTH}`} className="base" />
        <path d={`${path(samples)} V${HEIGHT} H${x(samples[0], samples).toFixed(1)} Z`} className="under" />
        <path d={path(samples)} className="line" />
      </svg>
      <span className="faint num">last {rough(seconds)}</span>
    </span>
  );
}

function x(sample: Sample | undefined, samples: readonly Sample[]): number {
  const end = samples.at(-1)?.at ?? 0;
  return WIDTH * (1 - (end - (sample?.at ?? end)) / spanOf(samples));
}

// Up to five minutes: as much as there is, since a page that just opened has seen little.
function spanOf(samples: readonly Sample[]): number {
  const seen = (samples.at(-1)?.at ?? 0) - (samples[0]?.at ?? 0);
  return Math.min(KEPT_S, Math.max(SHORTEST_S, Math.ceil(seen)));
}

// No more points than there are places for them.
function thinned(samples: readonly Sample[]): readonly Sample[] {
  const step = Math.ceil(samples.length / (WIDTH / 2));
  return step < 2 ? samples : samples.filter((_, index) => (samples.length - 1 - index) % step === 0);
}

export function path(samples: readonly Sample[]): string {
  const top = Math.max(...samples.map((one) => one.used)) * 1.15 || 1;
  return samples
    .map((one, index) => {
      const y = HEIGHT - 1 - (one.used / top) * (HEIGHT - 2);
      return `${index === 0 ? "M" : "L"}${x(one, samples).toFixed(1)} ${y.toFixed(1)}`;
    })
    .join(" ");
}
