declare module "plotly.js-strict-dist-min" {
  import type { Plotly } from "./plotly";
  const plotly: Plotly;
  export default plotly;
}
