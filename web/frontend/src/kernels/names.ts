// What a person calls a kernel, by its id or uid.
import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { indexed } from "./indexed";
import { kernelsQuery } from "./useKernels";

// One that is not in the list, such as one that is deleted, has its id for a name.
export function useKernelNames(): (id: string) => string {
  const { data } = useQuery(kernelsQuery);
  const byId = useMemo(() => indexed(data?.items ?? []), [data]);
  return useCallback((id: string) => byId.get(id)?.name ?? id, [byId]);
}
