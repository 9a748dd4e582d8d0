// Plotly, which is large: fetched when the first figure is shown, from this server and nowhere else.
import { nonce } from "../../app/nonce";

export interface Plotly {
  react: (place: HTMLElement, figure: { data: unknown[]; layout: object; frames: unknown[]; config: object }) => Promise<unknown>;
  purge: (place: HTMLElement) => void;
}

let loading: Promise<Plotly> | null = null;

export function loadPlotly(): Promise<Plotly> {
  loading ??= import("plotly.js-strict-dist-min").then(
    (module) => module.default,
    (error: unknown) => {
      // The next figure tries again.
      loading = null;
      throw error;
    },
  );
  allowStyles();
  return loading;
}

let allowed = false;

// Plotly makes style elements, and sets styles as attributes, neither of which the page's policy lets
// through as they are; with the nonce, and as the style's text, they are the same and allowed.
function allowStyles(): void {
  if (allowed) return;
  allowed = true;
  const create = document.createElement.bind(document);
  document.createElement = ((name: string, options?: ElementCreationOptions) => {
    const made = create(name, options);
    if (made instanceof HTMLStyleElement) made.nonce = nonce;
    return made;
  }) as typeof document.createElement;
  const set = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function (this: Element, name: string, value: string): void {
    if (name === "style" && (this instanceof SVGElement || this instanceof HTMLElement)) this.style.cssText = String(value);
    else set.call(this, name, value);
  };
}
