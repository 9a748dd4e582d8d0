import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { FlowDocument } from "../api/flows";
import type { Kernel } from "../api/types";
import { indexed } from "../kernels/indexed";
import { kernelsQuery } from "../kernels/useKernels";
import { kernelsOf, type Used } from "./kernels";

export function useKernelsOf(flow: Pick<FlowDocument, "nodes" | "default_kernel">): Used {
  const { data } = useQuery(kernelsQuery);
  return useMemo(() => kernelsOf(flow, indexed(data?.items ?? [])), [flow, data]);
}

// By the id or uid that a flow says; undefined: it is in no list of this person's.
export function useKernel(named: string | null): Kernel | undefined {
  const { data } = useQuery(kernelsQuery);
  return useMemo(() => (named === null ? undefined : indexed(data?.items ?? []).get(named)), [data, named]);
}
