import { useQuery } from "@tanstack/react-query";
import { executions } from "../api/calls";
import type { Kernel } from "../api/types";
import { useNow } from "../parts/clock";
import { clock } from "../words/times";
import { useMemory } from "./memory";

// What runs now: its first line and for how long.
export function CurrentCell({ kernel }: { kernel: Kernel }) {
  const current = kernel.current_execution;
  const { data } = useQuery({
    queryKey: ["running", kernel.uid, current],
    queryFn: () => executions(kernel.uid, "&status=running&limit=1"),
    enabled: current !== null,
  });
  const row = data?.items.find((one) => one.id === current);
  const since = useMemory(kernel.uid);
  const now = useNow();
  if (current === null) return null;
  const begun = since?.runningSince ?? seconds(row?.started_at);
  return (
    <span className="row current">
      <code className="cut faint">{firstLine(row?.code)}</code>
      {begun !== null && <span className="mono num tone-orange">{clock(now / 1000 - (since?.skew ?? 0) - begun)}</span>}
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
