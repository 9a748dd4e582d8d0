import {
  Ban, CircleCheck, CircleDashed, CirclePause, CircleX, Clock, HelpCircle, History, LoaderCircle, RefreshCw, SkipForward,
  Square, TimerOff, TriangleAlert, type LucideIcon,
} from "lucide-react";

interface Look { word: string; icon: LucideIcon; tone: string; motion?: "turns" | "pulses"; struck?: boolean }

const LOOKS: Record<string, Look> = {
  stopped: { word: "Stopped", icon: Square, tone: "slate" },
  building: { word: "Building", icon: RefreshCw, tone: "blue", motion: "pulses" },
  starting: { word: "Starting", icon: RefreshCw, tone: "blue", motion: "pulses" },
  stopping: { word: "Stopping", icon: CirclePause, tone: "blue", motion: "pulses" },
  ready: { word: "Ready", icon: CircleCheck, tone: "green" },
  executing: { word: "Executing", icon: LoaderCircle, tone: "orange", motion: "turns" },
  unresponsive: { word: "Unresponsive", icon: TriangleAlert, tone: "amber" },
  error: { word: "Error", icon: CircleX, tone: "red" },
  queued: { word: "Queued", icon: CircleDashed, tone: "slate" },
  running: { word: "Running", icon: LoaderCircle, tone: "orange", motion: "turns" },
  succeeded: { word: "Succeeded", icon: CircleCheck, tone: "green" },
  failed: { word: "Failed", icon: CircleX, tone: "red" },
  cancelled: { word: "Cancelled", icon: Ban, tone: "slate", struck: true },
  skipped: { word: "Skipped", icon: SkipForward, tone: "slate", struck: true },
  timed_out: { word: "Timed out", icon: TimerOff, tone: "red" },
  lost: { word: "Lost", icon: HelpCircle, tone: "red" },
  pending: { word: "Waiting", icon: CircleDashed, tone: "slate" },
  cached: { word: "Cached", icon: History, tone: "teal" },
  waiting: { word: "Waits for a retry", icon: Clock, tone: "slate" },
  paused: { word: "Paused", icon: CirclePause, tone: "slate" },
  missed: { word: "Missed", icon: SkipForward, tone: "amber" },
  started: { word: "Started", icon: CircleCheck, tone: "green" },
  sending: { word: "Sending", icon: Clock, tone: "slate" },
};

export function lookOf(state: string): Look {
  return LOOKS[state] ?? { word: state, icon: HelpCircle, tone: "slate" };
}

export function StateChip({ state, word }: { state: string; word?: string }) {
  const look = lookOf(state);
  const Icon = look.icon;
  return (
    <span className={`chip tone-${look.tone} ${look.motion ?? ""} ${look.struck ? "struck" : ""}`}>
      <Icon className="icon" aria-hidden />
      <span className="word">{word ?? look.word}</span>
    </span>
  );
}
