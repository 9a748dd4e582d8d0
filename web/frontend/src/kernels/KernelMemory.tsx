import { MemoryBar } from "./MemoryBar";
import { isUp } from "./states";
import { useKernel } from "./useKernels";

// What a kernel uses of its memory, live, wherever it is named. Nothing while it is not up.
export function KernelMemory({ uid }: { uid: string | null }) {
  const { kernel } = useKernel(uid);
  if (!kernel || !isUp(kernel.state) || kernel.state === "building") return null;
  return <MemoryBar kernel={kernel} />;
}
