import { Link } from "@tanstack/react-router";
import type { Flow } from "../api/flows";
import { mayChange } from "../kernels/states";
import { Notice } from "../parts/Notice";
import { Down } from "./RunSheet";
import { useKernelsOf } from "./useKernels";

// What is in the way of a run: kernels that are stopped, and nodes that have none.
export function FlowKernels({ flow }: { flow: Flow }) {
  const { down, missing } = useKernelsOf(flow);
  const startable = down.filter(mayChange);
  if (startable.length === 0 && missing.length === 0) return null;
  return (
    <div className="stack small-gap flow-notices">
      {startable.map((kernel) => (
        <Down key={kernel.uid} kernel={kernel} />
      ))}
      {missing.length > 0 && (
        <Notice tone="amber">
          <strong>Kernel required:</strong> {missing.slice(0, 8).join(", ")}{missing.length > 8 && ` and ${missing.length - 8} more`}{" "}
          {missing.length === 1 ? "has" : "have"} none, and the flow has no default one. Choose one under Edit. <Link to="/kernels" className="link">Look at the kernels</Link>
        </Notice>
      )}
    </div>
  );
}
