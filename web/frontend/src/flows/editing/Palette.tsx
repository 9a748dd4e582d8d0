import { Plus } from "lucide-react";
import { TYPES } from "../graph/model";
import { ICONS } from "../graph/NodeCard";

// What a dragged step is called while it is carried.
export const CARRIED = "application/x-husk-node";

export function Palette({ onAdd }: { onAdd: (type: string) => void }) {
  return (
    <div className="palette-bar" role="toolbar" aria-label="Add a node">
      {Object.entries(TYPES).map(([type, word]) => {
        const Icon = ICONS[type] ?? Plus;
        return (
          <button
            key={type} type="button" className="button small" draggable title={`Add a node: ${word}. Press, or drag it onto the canvas.`} aria-label={`Add ${word}`}
            onClick={() => onAdd(type)}
            onDragStart={(event) => {
              event.dataTransfer.setData(CARRIED, type);
              event.dataTransfer.effectAllowed = "copy";
            }}
          >
            <Icon className="icon" aria-hidden /> <span className="wide-word">{word}</span>
          </button>
        );
      })}
    </div>
  );
}
