import { lazy, Suspense } from "react";
import type { Drawing } from "./model";

// Canvas and layout are as large as all the rest of the page: they come when they are looked at.
const FlowGraph = lazy(() => import("./FlowGraph"));

export interface GraphProps {
  drawing: Drawing;
  chosen: string | undefined;
  onChoose: (id: string | undefined) => void;
  label: string;
}

export function Graph(props: GraphProps) {
  if (props.drawing.nodes.length === 0) return <p className="faint graph-none">This flow has no node yet.</p>;
  return (
    <Suspense fallback={<div className="skeleton graph-wait" role="status" aria-busy="true" aria-label="Drawing the graph" />}>
      <FlowGraph {...props} />
    </Suspense>
  );
}
