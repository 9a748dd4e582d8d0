// What both canvases are set to.
import { NodeCard } from "./NodeCard";
import { Wire } from "./Wire";

export const CARDS = { card: NodeCard };
export const WIRES = { wire: Wire };
// On a small screen a part that can be read is worth more than the whole.
const NARROW = 640;
export const FIT = { padding: 0.06, maxZoom: 1, minZoom: window.innerWidth < NARROW ? 0.6 : 0.05 };
// Under this many all are drawn at once: then the keyboard reaches each.
export const ALL_UNTIL = 150;
