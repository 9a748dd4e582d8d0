// Plotly's templates are made for white paper: in the dark theme the page's colours take the place of theirs.
// What the figure itself sets stays as it is.

type Part = Record<string, unknown>;

export function darkened(layout: Part): Part {
  const style = getComputedStyle(document.documentElement);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  const paper = token("--ground");
  const lines = { gridcolor: token("--line"), zerolinecolor: token("--edge"), linecolor: token("--edge"), tickcolor: token("--edge") };
  const wall = { ...lines, backgroundcolor: paper };
  const template = asPart(layout["template"]);
  const made = over(asPart(template["layout"]), {
    paper_bgcolor: paper,
    plot_bgcolor: paper,
    font: { color: token("--text") },
    hoverlabel: { bgcolor: token("--sunk"), bordercolor: token("--edge"), font: { color: token("--text") } },
    xaxis: lines,
    yaxis: lines,
    polar: { bgcolor: paper, angularaxis: lines, radialaxis: lines },
    ternary: { bgcolor: paper, aaxis: lines, baxis: lines, caxis: lines },
    scene: { bgcolor: paper, xaxis: wall, yaxis: wall, zaxis: wall },
  });
  return { ...layout, template: { ...template, layout: made } };
}

export function over(base: Part, top: Part): Part {
  const made: Part = { ...base };
  for (const [name, value] of Object.entries(top)) {
    made[name] = typeof value === "object" && value !== null ? over(asPart(base[name]), value as Part) : value;
  }
  return made;
}

function asPart(value: unknown): Part {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Part) : {};
}
