import { useQuery } from "@tanstack/react-query";
import { executions } from "../api/calls";
import type { Kernel } from "../api/types";
import { useTime } from "../parts/clock";
import { clock } from "../words/times";
import { useMemory } from "./memory";

// What runs now: its first line and for how long.
export function CurrentCell({ kernel }: { kernel: Kernel }) {
  const current = kernel.current_execution;
  return current === null ? null : <Running uid={kernel.uid} current={current} />;
}

function Running({ uid, current }: { uid: string; current: string }) {
  const { data } = useQuery({
    queryKey: ["running", uid, current],
    queryFn: () => executions(uid, "&status=running&limit=1"),
  });
  const row = data?.items.find((one) => one.id === current);
  const pulse = useMemory(uid);
  const begun = pulse?.runningSince ?? seconds(row?.started_at);
  const said = useTime((now) => (begun === null ? "" : clock(now / 1000 - (pulse?.skew ?? 0) - begun)));
  return (
    <span className="row current">
      <code className="cut faint">{firstLine(row?.code)}</code>
      {said !== "" && <span className="mono num tone-orange">{said}</span>}
    </span>
  );
}

function seconds(moment: string | null | undefined): number | null {
  return moment ? Date.parse(moment) / 1000 : null;
}

export function firstLine(code: string | undefined): string {
  const lines = (code ?? "").split("\n").map((line) => line.trim());
  return lines.find((line) => line !== "" && !line.startsWith("#")) ?? lines.find((line) => line !== "") ?? "";
}
