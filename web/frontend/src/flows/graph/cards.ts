// What React Flow is given. What did not change is the same object, so that it is not drawn again.
import { MarkerType, Position, type NodeHandle } from "@xyflow/react";
import { lookOf } from "../../parts/StateChip";
import { HEIGHT, WIDTH, type Place } from "../layout";
import { fitted, nameOf, wireIds, wireLook, wireWords, type Drawing, type DrawnNode, type Wire } from "./model";
import type { CardNode } from "./NodeCard";
import type { WireEdge } from "./Wire";

export interface Marked { words: string; stops: "save" | "run" }

const SIZE = { width: WIDTH, height: HEIGHT };
const DOT = 12;
const TOP = (HEIGHT - DOT) / 2;
// Said, so that nothing has to be measured.
const HANDLES: NodeHandle[] = [
  { type: "target", position: Position.Left, x: -DOT / 2, y: TOP, width: DOT, height: DOT },
  { type: "source", position: Position.Right, x: WIDTH - DOT / 2, y: TOP, width: DOT, height: DOT },
];
const END = { type: MarkerType.ArrowClosed, color: "var(--edge)", width: 16, height: 16 };

export class Cards {
  #nodes = new Map<string, CardNode>();
  #wires = new Map<string, WireEdge>();

  node(drawn: DrawnNode, place: Place, selected: boolean, joins: boolean, marked: Marked | null): CardNode {
    const before = this.#nodes.get(drawn.id);
    const data = before && sameData(before.data, drawn, joins, marked) ? before.data : { drawn, joins, marked };
    if (before && before.data === data && before.selected === selected && samePlace(before.position, place)) return before;
    const word = drawn.done && lookOf(drawn.done.state).word;
    const made: CardNode = {
      id: drawn.id, type: "card", position: { x: place.x, y: place.y }, ...SIZE, measured: SIZE, handles: HANDLES, data, selected,
      ariaLabel: [nameOf(drawn, word), marked?.words].filter(Boolean).join(", "), ariaRole: "button",
    };
    this.#nodes.set(drawn.id, made);
    return made;
  }

  wires({ nodes, wires }: Drawing, picked: ReadonlySet<string>, wrong: (id: string) => string | null): WireEdge[] {
    const byId = new Map(nodes.map((one) => [one.id, one]));
    const ids = wireIds(wires);
    return wires.map((wire, index) => {
      const id = ids[index] ?? "";
      return this.#wire(id, wire, byId, picked.has(id), wrong(id));
    });
  }

  #wire(id: string, wire: Wire, byId: ReadonlyMap<string, DrawnNode>, selected: boolean, wrong: string | null): WireEdge {
    const [from, to] = [byId.get(wire.from)?.name ?? wire.from, byId.get(wire.to)?.name ?? wire.to];
    const className = `wire ${wireLook(wire, byId)}${wrong === null ? "" : " wrong"}`;
    const data = { words: wireWords(wire), input: wire.input ?? "", usual: fitted(from), about: `from ${from} to ${to}`, wrong };
    const before = this.#wires.get(id);
    if (before?.data && before.className === className && before.selected === selected && Object.entries(data).every(([key, value]) => before.data?.[key] === value)) return before;
    const made: WireEdge = {
      id, type: "wire", source: wire.from, target: wire.to, data, selected, className, markerEnd: END,
      ariaLabel: `Wire ${data.about}${data.words && `, ${data.words}`}`,
    };
    this.#wires.set(id, made);
    return made;
  }
}

const samePlace = (a: Place, b: Place): boolean => a.x === b.x && a.y === b.y;
const sameData = (before: CardNode["data"], drawn: DrawnNode, joins: boolean, marked: Marked | null): boolean =>
  sameDrawn(before.drawn, drawn) && before.joins === joins && before.marked?.words === marked?.words;

const PARTS = ["id", "name", "type", "kernel", "done"] as const;
const sameDrawn = (a: DrawnNode, b: DrawnNode): boolean => a === b || PARTS.every((part) => a[part] === b[part]);
