import { ShieldAlert, ShieldCheck } from "lucide-react";
import type { Kernel } from "../api/types";
import { layersOf, useRuntime, type Layer } from "../app/runtime";
import { Tip } from "../parts/Tip";

const NONE = "Cells run as processes of Husk's own host: no wall stands between them and it. Run only code that you trust.";
const SOME = "Cells run in a container of their own.";

// What stands between a kernel's cells and the host.
export function Isolation({ kernel }: { kernel: Kernel }) {
  const { data } = useRuntime();
  if (!kernel.isolated) {
    return (
      <Tip text={NONE}>
        <button type="button" className="tag amber" aria-label={`Not isolated. ${NONE}`}>
          <ShieldAlert className="icon" aria-hidden /> Not isolated
        </button>
      </Tip>
    );
  }
  const layers = data ? layersOf(data) : [];
  const words = `${SOME} ${layers.map((layer) => `${layer.name}: ${layer.there ? "there" : "lacking"}`).join(", ")}`;
  return (
    <Tip text={<Walls layers={layers} />}>
      <button type="button" className="tag" aria-label={`Isolated container. ${words}`}>
        <ShieldCheck className="icon" aria-hidden /> Isolated container
      </button>
    </Tip>
  );
}

function Walls({ layers }: { layers: Layer[] }) {
  return (
    <>
      <p>{SOME}</p>
      <ul className="walls">
        {layers.map((layer) => (
          <li key={layer.name}>
            {layer.there ? "✓" : "✗"} {layer.name}
          </li>
        ))}
      </ul>
    </>
  );
}
