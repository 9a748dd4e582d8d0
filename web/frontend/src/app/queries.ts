import { QueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { me } from "../api/calls";
import { ApiError, setCsrf } from "../api/client";
import type { Me, Person } from "../api/types";

// Nothing is asked again on a timer or a focus: the event stream says what changed.
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: Infinity,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      retry: (failures, error) => failures < 3 && isPassing(error),
      networkMode: "always",
    },
    mutations: { networkMode: "always" },
  },
});

// Whether the same may well succeed a moment later.
export function isPassing(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status === 503);
}

export const meQuery = {
  queryKey: ["me"],
  queryFn: async (): Promise<Me> => {
    const found = await me();
    setCsrf(found.csrf ?? "");
    return found;
  },
};

export function useMe(): Person {
  return useSuspenseQuery(meQuery).data.user;
}

export function useRole(): string {
  return useMe().role;
}
