import { BaseEdge, EdgeLabelRenderer, getBezierPath, type Edge, type EdgeProps } from "@xyflow/react";
import { createContext, memo, useContext } from "react";

export interface WireData extends Record<string, unknown> { words: string; input: string; usual: string; about: string; wrong: string | null }
export type WireEdge = Edge<WireData, "wire">;

// Where wires are edited: what is written becomes the name of the input.
export const Rename = createContext<((wire: string, input: string) => void) | null>(null);

export const Wire = memo(function Wire(props: EdgeProps<WireEdge>) {
  const { id, data, selected, markerEnd } = props;
  const rename = useContext(Rename);
  const [path, x, y] = getBezierPath(props);
  return (
    <>
      <BaseEdge id={id} path={path} interactionWidth={rename ? 20 : 0} {...(markerEnd && { markerEnd })} />
      {data && (selected && rename ? (
        <EdgeLabelRenderer>
          <input
            className="input mono wire-input nodrag nopan" style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }} spellCheck={false}
            aria-label={`Name of the input on the wire ${data.about}`} placeholder={data.usual} value={data.input} maxLength={200}
            {...(data.wrong !== null && { "aria-invalid": true, title: data.wrong })} onChange={(event) => rename(id, event.target.value)}
          />
        </EdgeLabelRenderer>
      ) : (
        data.words && <text x={x} y={y} className="wire-words" textAnchor="middle" dominantBaseline="central">{shortened(data.words)}</text>
      ))}
    </>
  );
});

const MOST = 24;
const shortened = (words: string): string => (words.length > MOST ? `${words.slice(0, MOST - 1)}…` : words);
