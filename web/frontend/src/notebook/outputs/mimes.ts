export const TABLE = "application/vnd.husk.table+json";
export const PLOTLY = "application/vnd.plotly.v1+json";
