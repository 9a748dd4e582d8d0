import { expect, test } from "vitest";
import { over } from "../src/notebook/outputs/plotlyTheme";
import { readFigure } from "../src/notebook/outputs/figure";

const DATA = "data:image/png;base64,AAAA";

test("a figure is drawn from its data and layout alone", () => {
  expect(readFigure({ data: [{ type: "bar", y: [1] }], layout: { title: "t" }, config: { x: 1 } })).toEqual({
    data: [{ type: "bar", y: [1] }],
    layout: { title: "t" },
    frames: [],
  });
});

test("frames are kept, and bring no more than the figure itself may have", () => {
  const spy = { images: [{ source: "https://example.org/a.png" }], title: "t" };
  const frames = [
    { name: "2013", traces: [0], data: [{ y: [2] }], layout: spy },
    { name: "2014", data: [{ type: "image", source: "http://example.org" }] },
    "no frame",
  ];
  expect(readFigure({ data: [{ y: [1] }], frames })).toMatchObject({
    frames: [
      { name: "2013", traces: [0], data: [{ y: [2] }], layout: { title: "t" } },
      { name: "2014", data: [{ type: "image", source: undefined }] },
      {},
    ],
  });
  expect(JSON.stringify(readFigure({ data: [{ y: [1] }], frames }))).not.toContain("example.org");
  expect(readFigure({ data: [{ y: [1] }], frames: [{ data: [{ type: "choropleth" }] }] })).toContain("Maps");
});

test("pictures by address are left out, also those of templates, and traces' too", () => {
  const layout = {
    images: [{ source: "https://example.org/a.png" }, { source: DATA }],
    template: { layout: { images: [{ source: "//example.org/b.png" }], font: { size: 9 } } },
  };
  expect(readFigure({ data: [{ type: "image", source: "http://example.org" }], layout })).toEqual({
    data: [{ type: "image", source: undefined }],
    layout: { images: [{ source: DATA }], template: { layout: { font: { size: 9 } } } },
    frames: [],
  });
});

test("what would fetch from other hosts, and what is no figure, is said", () => {
  for (const type of ["scattergeo", "choropleth", "densitymapbox", "scattermap"]) {
    expect(readFigure({ data: [{ type }] })).toContain("Maps");
  }
  for (const wrong of [null, 7, "x", [], {}, { data: 3 }]) expect(readFigure(wrong)).toContain("no data");
});

test("the dark theme lies over a template and keeps what it does not name", () => {
  expect(over({ font: { size: 9, color: "black" }, colorway: ["a"] }, { font: { color: "white" } })).toEqual({
    font: { size: 9, color: "white" },
    colorway: ["a"],
  });
});
