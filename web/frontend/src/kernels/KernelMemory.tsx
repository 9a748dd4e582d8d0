import { useQuery } from "@tanstack/react-query";
import { useTopics } from "../live/useLive";
import { MemoryBar } from "./MemoryBar";
import { isUp } from "./states";
import { kernelsQuery } from "./useKernels";

// What a kernel uses of its memory, live, wherever it is named. Nothing while it is not up. It is looked for
// in the list alone: asking for one that is gone is for whoever says so.
export function KernelMemory({ id }: { id: string | null }) {
  const { data } = useQuery(kernelsQuery);
  const kernel = data?.items.find((one) => one.uid === id || one.id === id);
  useTopics(kernel ? [`kernel:${kernel.uid}`] : []);
  if (!kernel || !isUp(kernel.state) || kernel.state === "building") return null;
  return <MemoryBar kernel={kernel} />;
}
