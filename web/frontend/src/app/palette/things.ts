// Things by name or id, and what can be done with each.
import {
  CalendarClock, CirclePause, CircleStop, File as FileIcon, FileText, NotebookText, OctagonPause, Package, Pencil, Play, RotateCw, Users,
  Workflow, type LucideIcon,
} from "lucide-react";
import { cancel, tellKernel } from "../../api/calls";
import type { Entry } from "../../api/catalog";
import type { SharedFile } from "../../api/files";
import type { FlowSummary } from "../../api/flows";
import type { NotebookSummary } from "../../api/notebooks";
import { cancelRun, rerunRun, resumeRun, type RunRow } from "../../api/runs";
import { changeSchedule, triggerSchedule, type Schedule } from "../../api/schedules";
import type { Execution, Kernel } from "../../api/types";
import { isUp, mayChange, owns } from "../../kernels/states";
import { schedulesChanged } from "../../schedules/useSchedules";
import type { Command } from "./commands";

export interface Things {
  kernels: readonly Kernel[];
  flows: readonly FlowSummary[];
  notebooks: readonly NotebookSummary[];
  runs: readonly RunRow[];
  schedules: readonly Schedule[];
  entries: readonly Entry[];
  files: readonly SharedFile[];
  execution: Execution | null;
  role: string;
}

const ENDED: ReadonlySet<string> = new Set(["failed", "cancelled", "timed_out"]);
const query = (values: Record<string, string>): string => new URLSearchParams(values).toString();

export function thingsOf(known: Things): Command[] {
  const changes = known.role !== "viewer";
  return [
    ...known.kernels.map(openKernel),
    ...known.flows.map(openFlow),
    ...known.notebooks.map(openNotebook),
    ...known.runs.map(openRun),
    ...known.schedules.map(openSchedule),
    ...known.entries.map(openEntry),
    ...known.files.map(openFile),
    ...(known.execution ? [openExecution(known.execution)] : []),
    ...known.kernels.filter(mayChange).flatMap(ofKernel),
    ...known.kernels.flatMap(sheetsOf),
    ...(changes ? [...known.flows.flatMap(ofFlow), ...known.runs.flatMap(ofRun), ...known.schedules.flatMap(ofSchedule)] : []),
  ];
}

function openKernel({ uid, id, name, state }: Kernel): Command {
  return { id: `kernel ${uid}`, words: name, about: `kernel ${id}`, also: uid, state, run: (go) => go(`/kernels/${uid}`) };
}

function ofKernel(kernel: Kernel): Command[] {
  const { uid, id, name } = kernel;
  const act = (words: string, icon: LucideIcon, run: () => Promise<unknown>): Command => ({
    id: `${words} ${uid}`, words: `${words} ${name}`, about: `kernel ${id}`, also: uid, icon, run,
  });
  const running = kernel.current_execution;
  const interrupt = running === null ? [] : [act("Interrupt", OctagonPause, () => cancel(running))];
  if (!isUp(kernel.state)) return [act("Start", Play, () => tellKernel(uid, "start"))];
  return [
    ...interrupt,
    act("Restart", RotateCw, () => tellKernel(uid, "restart")),
    act("Stop", CirclePause, () => tellKernel(uid, "stop")),
  ];
}

// Sheets of the kernels' page.
function sheetsOf(kernel: Kernel): Command[] {
  const { uid, id, name } = kernel;
  const sheet = (what: string, words: string, icon: LucideIcon): Command => ({
    id: `${what} ${uid}`, words: `${words} ${name}`, about: `kernel ${id}`, icon,
    run: (go) => go(`/kernels?${query({ kernel: uid, sheet: what })}`),
  });
  return [
    sheet("log", "Log of", FileText),
    sheet("environment", "Environment of", Package),
    ...(owns(kernel) ? [sheet("edit", "Edit", Pencil), sheet("share", "Share", Users)] : []),
  ];
}

function openFlow({ id, name }: FlowSummary): Command {
  return { id: `flow ${id}`, words: name, about: `flow ${id}`, icon: Workflow, run: (go) => go(`/flows/${id}`) };
}

// The form comes first: it asks for parameters, and says which kernels are stopped.
function ofFlow({ id, name }: FlowSummary): Command[] {
  return [
    { id: `run ${id}`, words: `Run ${name}`, about: `flow ${id}`, icon: Play, run: (go) => go(`/flows/${id}?start=true`) },
    { id: `edit ${id}`, words: `Edit ${name}`, about: `flow ${id}`, icon: Pencil, run: (go) => go(`/flows/${id}?edit=true`) },
  ];
}

function openNotebook({ id, name }: NotebookSummary): Command {
  return { id: `notebook ${id}`, words: name, about: "notebook", also: id, icon: NotebookText, run: (go) => go(`/notebooks/${id}`) };
}

function openRun({ id, flow_name, state }: RunRow): Command {
  return { id: `run-of ${id}`, words: `Run of ${flow_name}`, about: id, state, run: (go) => go(`/runs/${id}`) };
}

function ofRun({ id, flow_name, state }: RunRow): Command[] {
  const act = (words: string, icon: LucideIcon, run: Command["run"]): Command => ({
    id: `${words} ${id}`, words: `${words} the run of ${flow_name}`, about: id, icon, run,
  });
  if (state === "running" || state === "queued") return [act("Cancel", CircleStop, () => cancelRun(id))];
  if (!ENDED.has(state)) return [];
  return [
    act("Resume", Play, async (go) => go(`/runs/${(await resumeRun(id)).id}`)),
    act("Do once more", RotateCw, async (go) => go(`/runs/${(await rerunRun(id)).id}`)),
  ];
}

function openSchedule({ id, name, flow_name }: Schedule): Command {
  const about = `schedule of ${flow_name}`;
  return { id: `schedule ${id}`, words: name, about, also: id, icon: CalendarClock, run: (go) => go(`/schedules?${query({ schedule: id })}`) };
}

function ofSchedule({ id, name, flow_name, paused }: Schedule): Command[] {
  const about = `schedule of ${flow_name}`;
  const turn = async (): Promise<void> => {
    await changeSchedule(id, { paused: !paused });
    await schedulesChanged();
  };
  return [
    { id: `pause ${id}`, words: `${paused ? "Go on with" : "Pause"} ${name}`, about, icon: paused ? Play : CirclePause, run: turn },
    { id: `now ${id}`, words: `Run ${name} now`, about, icon: Play, run: async (go) => go(`/runs/${(await triggerSchedule(id)).id}`) },
  ];
}

function openEntry({ name, namespace, version, python_type }: Entry): Command {
  const to = `/catalog/${encodeURIComponent(name)}${namespace === "default" ? "" : `?${query({ namespace })}`}`;
  const about = `catalog v${version}`;
  return { id: `entry ${namespace} ${name}`, words: name, about, also: python_type, icon: Package, run: (go) => go(to) };
}

function openFile({ path }: SharedFile): Command {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const to = `/files?${query({ ...(folder && { folder }), file: path })}`;
  return { id: `file ${path}`, words: path, about: "file", icon: FileIcon, run: (go) => go(to) };
}

function openExecution({ id, kernel_id, flow_id, status }: Execution): Command {
  const to = `/kernels/${kernel_id}${flow_id ? `?${query({ flow: flow_id })}` : ""}`;
  return { id: `execution ${id}`, words: `Execution ${id}`, about: "execution", state: status, run: (go) => go(to) };
}
