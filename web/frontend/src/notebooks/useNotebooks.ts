import { notebooks } from "../api/notebooks";

export const notebooksQuery = { queryKey: ["notebooks"], queryFn: () => notebooks(), staleTime: 0 };
