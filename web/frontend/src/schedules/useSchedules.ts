import { schedules as askSchedules } from "../api/schedules";
import { queryClient } from "../app/queries";

// What fires tells by its run; who changes one here says so.
export const schedulesQuery = { queryKey: ["schedules"], queryFn: askSchedules, staleTime: 0, refetchOnWindowFocus: true };

export function schedulesChanged(): Promise<void> {
  return queryClient.invalidateQueries({ predicate: ({ queryKey: [what] }) => what === "schedules" || what === "fires" });
}
