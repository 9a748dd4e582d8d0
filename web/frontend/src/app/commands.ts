// What the palette can do: go to a kernel, a flow or a run, act on it, go to a page.
import {
  Boxes, CalendarClock, CirclePause, CircleStop, ClipboardList, Files, ListChecks, Moon, Package, Play, RotateCw, ScrollText, Settings, Sun,
  UserRound, Users, Workflow, type LucideIcon,
} from "lucide-react";
import { tellKernel } from "../api/calls";
import type { FlowSummary } from "../api/flows";
import { cancelRun, type RunRow } from "../api/runs";
import type { Kernel } from "../api/types";
import { isUp, mayChange } from "../kernels/states";
import { setTheme } from "./theme";

export interface Command {
  id: string;
  words: string;
  about: string;
  icon?: LucideIcon;
  state?: string;
  run: (go: (to: string) => void) => void;
}

const MOST = 40;

const PAGES: Command[] = [
  { id: "kernels", words: "All kernels", about: "page", icon: Boxes, run: (go) => go("/kernels") },
  { id: "flows", words: "All flows", about: "page", icon: Workflow, run: (go) => go("/flows") },
  { id: "runs", words: "Runs of flows", about: "page", icon: ListChecks, run: (go) => go("/runs") },
  { id: "failed-runs", words: "Runs that failed", about: "page", icon: ListChecks, run: (go) => go("/runs?state=failed") },
  { id: "schedules", words: "Schedules", about: "page", icon: CalendarClock, run: (go) => go("/schedules") },
  { id: "new-schedule", words: "New schedule", about: "page", icon: CalendarClock, run: (go) => go("/schedules?new=true") },
  { id: "logs", words: "Search the logs", about: "page", icon: ScrollText, run: (go) => go("/logs") },
  { id: "artifacts", words: "Artifacts of flows", about: "page", icon: Package, run: (go) => go("/artifacts") },
  { id: "catalog", words: "Catalog of artifacts", about: "page", icon: Package, run: (go) => go("/catalog") },
  { id: "files", words: "Files", about: "page", icon: Files, run: (go) => go("/files") },
  { id: "account", words: "Account and tokens", about: "page", icon: UserRound, run: (go) => go("/account") },
  { id: "dark", words: "Use the dark theme", about: "theme", icon: Moon, run: () => setTheme("dark") },
  { id: "light", words: "Use the light theme", about: "theme", icon: Sun, run: () => setTheme("light") },
];

const OF_ADMINS: Command[] = [
  { id: "system", words: "System: queues, workers, charts", about: "system", icon: Settings, run: (go) => go("/system") },
  { id: "runtime", words: "What kernels run in", about: "system", icon: Settings, run: (go) => go("/system/runtime") },
  { id: "dead", words: "Dead letters", about: "system", icon: Settings, run: (go) => go("/system/dead-letters") },
  { id: "users", words: "Users", about: "system", icon: Users, run: (go) => go("/system/users") },
  { id: "audit", words: "Audit: who changed what", about: "system", icon: ClipboardList, run: (go) => go("/system/audit") },
];

export interface Known { kernels: Kernel[]; flows: FlowSummary[]; runs: RunRow[]; role: string }

export function findCommands(text: string, { kernels, flows, runs, role }: Known): Command[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const all = [
    ...kernels.map(open), ...flows.map(openFlow), ...runs.map(openRun), ...PAGES, ...(role === "admin" ? OF_ADMINS : []),
    ...(role === "viewer" ? [] : [...flows.map(startFlow), ...runs.map(stopRun)]), ...kernels.filter(mayChange).flatMap(actions),
  ];
  return all
    .filter((one) => words.every((word) => `${one.words} ${one.about}`.toLowerCase().includes(word)))
    .slice(0, MOST);
}

function openFlow({ id, name }: FlowSummary): Command {
  return { id: `flow ${id}`, words: name, about: `flow ${id}`, icon: Workflow, run: (go) => go(`/flows/${id}`) };
}

// The form comes first: it asks for parameters, and says which kernels are stopped.
function startFlow({ id, name }: FlowSummary): Command {
  return { id: `run ${id}`, words: `Run ${name}`, about: `flow ${id}`, icon: Play, run: (go) => go(`/flows/${id}?start=true`) };
}

function openRun({ id, flow_name, state }: RunRow): Command {
  return { id: `run-of ${id}`, words: `Run of ${flow_name}`, about: id, state, run: (go) => go(`/runs/${id}`) };
}

function stopRun({ id, flow_name }: RunRow): Command {
  return { id: `cancel ${id}`, words: `Cancel the run of ${flow_name}`, about: id, icon: CircleStop, run: () => void cancelRun(id) };
}

function open(kernel: Kernel): Command {
  const to = `/kernels/${kernel.uid}`;
  return { id: `open ${kernel.uid}`, words: kernel.name, about: kernel.id, state: kernel.state, run: (go) => go(to) };
}

function actions(kernel: Kernel): Command[] {
  const act = (what: "start" | "stop" | "restart", words: string, icon: LucideIcon): Command => ({
    id: `${what} ${kernel.uid}`,
    words: `${words} ${kernel.name}`,
    about: kernel.id,
    icon,
    run: () => void tellKernel(kernel.uid, what),
  });
  if (!isUp(kernel.state)) return [act("start", "Start", Play)];
  return [act("restart", "Restart", RotateCw), act("stop", "Stop", CirclePause)];
}
