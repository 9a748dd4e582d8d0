import { Plus } from "lucide-react";
import { ExampleButton } from "../app/ExampleButton";
import { Button } from "../parts/Button";

// `onCreate` null: this person only looks.
export function EmptyKernels({ onCreate }: { onCreate: (() => void) | null }) {
  if (onCreate === null) return <NothingShared />;
  return (
    <div className="empty">
      <h2>No kernel yet</h2>
      <p className="prose">
        A kernel is a Python that keeps its variables between cells, has its own memory limit, and a queue that outlives
        restarts. Make one, write a cell, and its output is here whenever you come back.
      </p>
      <div className="row wrap">
        <Button kind="primary" icon={Plus} onClick={onCreate}>
          Create the first kernel
        </Button>
        <ExampleButton />
      </div>
      <p className="soft">
        The example is the flow "late flights": 336,776 flights, a model, a chart and a table, on two kernels that are made
        for it.
      </p>
      <p className="soft">A kernel from a terminal:</p>
      <pre className="example" tabIndex={0}>
        {"husk kernel create demo --start\nhusk exec demo 'print(\"hello from\", __name__)'"}
      </pre>
    </div>
  );
}

function NothingShared() {
  return (
    <div className="empty">
      <h2>Nothing is shared with you yet</h2>
      <p className="prose">
        Your account is a viewer: it sees kernels that others share with it, with their cells and output, live. Ask
        somebody who has a kernel to share it with you; it appears here at once. To have kernels of your own you need the
        role editor, which an admin gives.
      </p>
    </div>
  );
}
