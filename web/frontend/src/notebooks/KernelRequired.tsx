import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { Kernel } from "../api/types";
import { mayChange } from "../kernels/states";
import { kernelsQuery } from "../kernels/useKernels";
import { StateNotice } from "../notebook/StateNotice";
import { Button } from "../parts/Button";
import { Notice } from "../parts/Notice";

interface Props { kernel: Kernel | null; named: string | null; mayEdit: boolean; onChoose: (kernel: string) => void }

const MOST_OFFERED = 4;

// What is in the way of running cells, and what to do about it.
export function KernelRequired({ kernel, named, mayEdit, onChoose }: Props) {
  const { data } = useQuery(kernelsQuery);
  if (kernel !== null) return <StateNotice kernel={kernel} required />;
  const usable = (data?.items ?? []).filter(mayChange);
  const why = named === null
    ? "cells run on a kernel, which keeps their variables, and these have none yet."
    : "the one of these cells was deleted, or is not shared with you any more. Code is kept; variables were that kernel's.";
  const actions = mayEdit && (
    <>
      {usable.slice(0, MOST_OFFERED).map((one) => (
        <Button key={one.uid} small onClick={() => onChoose(one.uid)}>Use {one.name}</Button>
      ))}
      <Link to="/kernels" className="button small quiet">{usable.length === 0 ? "Create a kernel" : "All kernels"}</Link>
    </>
  );
  return <Notice tone={named === null ? "blue" : "amber"} actions={actions}><strong>Kernel required:</strong> {why}</Notice>;
}
