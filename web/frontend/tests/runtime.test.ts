import { expect, test } from "vitest";
import type { Runtime } from "../src/api/types";
import { bannerOf, layersOf, offerOf } from "../src/app/runtime";

const facts = (more: object): Runtime => ({ runtime: "docker", isolated: true, banner: null, ...more }) as Runtime;

test("the banner's command stands in it as code", () => {
  expect(bannerOf(facts({}))).toBeNull();
  const banner = "New kernels are processes: there is no image x: build it with `husk image build base`";
  expect(bannerOf(facts({ banner }))).toEqual({
    words: "New kernels are processes: there is no image x: build it with husk image build base",
    command: "husk image build base",
  });
  expect(bannerOf(facts({ banner: "No engine answers." }))).toEqual({ words: "No engine answers.", command: null });
});

test("layers are read as far as they can be", () => {
  const layers = { memory: { there: true, what: "limited" }, odd: 7 };
  expect(layersOf(facts({ layers }))).toEqual([
    { name: "memory", there: true, what: "limited" },
    { name: "odd", there: false, what: "" },
  ]);
});

test("network, flavour and GPU are offered of containers alone", () => {
  const image = { present: true, flavours: ["base", "ml"] };
  expect(offerOf(facts({ image, gpu: true }))).toEqual({ container: true, flavours: ["base", "ml"], gpu: true });
  expect(offerOf(facts({ isolated: false, image, gpu: true }))).toMatchObject({ container: false, gpu: false });
  expect(offerOf(undefined).container).toBe(false);
});
