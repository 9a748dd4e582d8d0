import { Handle, Position, type Node, type NodeProps } from "@xyflow/react";
import { CircleAlert, Database, FileInput, FileOutput, SquareTerminal, TriangleAlert, type LucideIcon } from "lucide-react";
import { memo } from "react";
import { lookOf } from "../../parts/StateChip";
import type { Marked } from "./cards";
import { subLine, troubleOf, TYPES, type DrawnNode } from "./model";

export type CardNode = Node<{ drawn: DrawnNode; joins: boolean; marked: Marked | null }, "card">;

export const ICONS: Record<string, LucideIcon> = {
  python_script: SquareTerminal, input: FileInput, sql: Database, output: FileOutput,
};

// 200 × 64: what it is, where it runs, and what became of it.
export const NodeCard = memo(function NodeCard({ data: { drawn, joins, marked } }: NodeProps<CardNode>) {
  const Icon = ICONS[drawn.type] ?? SquareTerminal;
  const joining = joins ? "joins" : "";
  return (
    <div className={`node-card ${drawn.done?.state ?? "fresh"}${marked?.stops === "save" ? " wrong" : ""}`}>
      {drawn.type !== "input" && <Handle type="target" position={Position.Left} isConnectable={joins} className={joining} />}
      <div className="row">
        <Icon className="icon faint" aria-label={TYPES[drawn.type] ?? drawn.type} role="img" />
        <strong className="grow cut" title={drawn.name}>{drawn.name}</strong>
        {marked && <Mark {...marked} />}
        {drawn.done && <State state={drawn.done.state} />}
      </div>
      <SubLine drawn={drawn} />
      <Handle type="source" position={Position.Right} isConnectable={joins} className={joining} />
    </div>
  );
}, same);

// Its place is not drawn here: the canvas moves it.
function same(before: NodeProps<CardNode>, after: NodeProps<CardNode>): boolean {
  return before.data === after.data;
}

function SubLine({ drawn }: { drawn: DrawnNode }) {
  const trouble = troubleOf(drawn);
  if (trouble !== null) return <div className="cut tone-red sub" title={trouble}>{trouble}</div>;
  return <div className="cut soft num sub">{subLine(drawn) || (TYPES[drawn.type] ?? drawn.type)}</div>;
}

function Mark({ words, stops }: Marked) {
  const Icon = stops === "save" ? CircleAlert : TriangleAlert;
  return <span className={`mark tone-${stops === "save" ? "red" : "amber"}`} title={words}><Icon className="icon" aria-hidden /></span>;
}

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
