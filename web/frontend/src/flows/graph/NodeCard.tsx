import { Handle, Position, type Node, type NodeProps } from "@xyflow/react";
import { Database, FileInput, FileOutput, SquareTerminal, type LucideIcon } from "lucide-react";
import { memo } from "react";
import { lookOf } from "../../parts/StateChip";
import { subLine, troubleOf, TYPES, type DrawnNode } from "./model";

export type CardNode = Node<{ drawn: DrawnNode; joins: boolean }, "card">;

export const ICONS: Record<string, LucideIcon> = {
  python_script: SquareTerminal, input: FileInput, sql: Database, output: FileOutput,
};

// 200 × 64: what it is, where it runs, and what became of it.
export const NodeCard = memo(function NodeCard({ data: { drawn, joins } }: NodeProps<CardNode>) {
  const Icon = ICONS[drawn.type] ?? SquareTerminal;
  const trouble = troubleOf(drawn);
  return (
    <div className={`node-card ${drawn.done?.state ?? "fresh"}`}>
      <Handle type="target" position={Position.Left} isConnectable={joins} className={joins ? "joins" : ""} />
      <div className="row">
        <Icon className="icon faint" aria-label={TYPES[drawn.type] ?? drawn.type} role="img" />
        <strong className="grow cut" title={drawn.name}>{drawn.name}</strong>
        {drawn.done && <State state={drawn.done.state} />}
      </div>
      {trouble === null ? (
        <div className="cut soft num sub">{subLine(drawn) || (TYPES[drawn.type] ?? drawn.type)}</div>
      ) : (
        <div className="cut tone-red sub" title={trouble}>{trouble}</div>
      )}
      <Handle type="source" position={Position.Right} isConnectable={joins} className={joins ? "joins" : ""} />
    </div>
  );
});

function State({ state }: { state: string }) {
  const look = lookOf(state);
  const Icon = look.icon;
  return (
    <span className={`chip tone-${look.tone} ${look.motion ?? ""}`} title={look.word}>
      <Icon className="icon" aria-hidden />
      <span className="hidden-text">{look.word}</span>
    </span>
  );
}
