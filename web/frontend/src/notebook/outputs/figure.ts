// A plotly figure as a kernel sent it, made fit for a page that loads nothing from elsewhere. Pure.

type Plain = Record<string, unknown>;
// `frames`: what its buttons and sliders lead to.
export interface Figure { data: Plain[]; layout: Plain; frames: Plain[] }

// Maps fetch their shapes and tiles from other hosts, which no page of ours may.
const FROM_ELSEWHERE = /^(scattergeo|choropleth|scattermap|choroplethmap|densitymap|.*mapbox)$/;

// The figure as it can be drawn here; a sentence where it cannot.
export function readFigure(content: unknown): Figure | string {
  const { data, layout, frames } = asObject(content);
  if (!Array.isArray(data)) return "This figure has no data that can be drawn.";
  const traces = data.map((trace) => withoutAddresses(asObject(trace)));
  const steps = Array.isArray(frames) ? frames.map((frame) => cleanFrame(asObject(frame))) : [];
  const all = [...traces, ...steps.flatMap((step) => step.data ?? [])];
  if (all.some((trace) => FROM_ELSEWHERE.test(String(trace["type"] ?? "")))) {
    return "Maps need shapes from other hosts, and this page loads nothing from there. Show it as a picture: fig.to_image().";
  }
  return { data: traces, layout: withoutImages(asObject(layout)), frames: steps };
}

// A frame is a figure's change: what a figure may not have, it may not bring.
function cleanFrame(frame: Plain): Plain & { data?: Plain[] } {
  const { data, layout, ...rest } = frame;
  return {
    ...rest,
    ...(Array.isArray(data) && { data: data.map((trace) => withoutAddresses(asObject(trace))) }),
    ...(layout !== undefined && { layout: withoutImages(asObject(layout)) }),
  };
}

// A picture by its address would tell its host who looks at it, and when.
function withoutImages(layout: Plain): Plain {
  const { images, template, ...rest } = layout;
  const kept = Array.isArray(images) ? images.map(asObject).filter((one) => isData(one["source"])) : [];
  const shape = asObject(template);
  const within = "layout" in shape ? { ...shape, layout: withoutImages(asObject(shape["layout"])) } : shape;
  return { ...rest, ...(kept.length > 0 && { images: kept }), ...(template !== undefined && { template: within }) };
}

function withoutAddresses(trace: Plain): Plain {
  if (!("source" in trace) || isData(trace["source"])) return trace;
  return { ...trace, source: undefined };
}

function isData(source: unknown): boolean {
  return typeof source === "string" && /^data:image\/(png|jpeg|gif|webp);base64,/.test(source);
}

function asObject(value: unknown): Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Plain) : {};
}
