import { Plus } from "lucide-react";
import { Button } from "../parts/Button";

export function EmptyKernels({ onCreate }: { onCreate: () => void }) {
  return (
    <div className="empty">
      <h2>No kernel yet</h2>
      <p className="prose">
        A kernel is a Python that keeps its variables between cells, has its own memory limit, and a queue that outlives
        restarts. Make one, write a cell, and its output is here whenever you come back.
      </p>
      <div>
        <Button kind="primary" icon={Plus} onClick={onCreate}>
          Create the first kernel
        </Button>
      </div>
      <p className="soft">The same from a terminal:</p>
      <pre className="example" tabIndex={0}>
        {"husk kernel create demo --start\nhusk exec demo 'print(\"hello from\", __name__)'"}
      </pre>
    </div>
  );
}
