// Outputs of a notebook's file as a run shows them. What somebody else's program wrote: any of it may be something
// else. Pure.
import type { Bundle, Content, OutputItem } from "../../live/events";
import type { KeptOutput } from "../cells/sheet";
import { Output } from "./output";
import { Run } from "./run";

const PLAIN = "text/plain";
const HTML = "text/html";

export function keptRun(cell: string, outputs: readonly KeptOutput[]): Run {
  const run = new Run(`kept-${cell}`);
  run.status = "succeeded";
  run.loaded = true;
  const items: OutputItem[] = [];
  outputs.forEach((output, index) => {
    const { output_type: type } = output;
    if (type === "stream") items.push({ kind: "stream", name: String(output["name"] ?? "stdout"), text: joined(output["text"]) });
    else if (type === "error") run.error = errorIn(output);
    else if (type === "display_data" || type === "execute_result") items.push({ kind: "display", display_id: `${index}`, title: "", data: bundleIn(output["data"]) });
  });
  run.output = Output.of(items);
  return run;
}

function errorIn(output: KeptOutput): Run["error"] {
  const lines = Array.isArray(output["traceback"]) ? output["traceback"].map(String) : [];
  return { type: String(output["ename"] ?? "Error"), message: String(output["evalue"] ?? ""), traceback: lines };
}

// HTML is shown from an address of an execution, which this is none of: its plain text stands for it.
function bundleIn(data: unknown): Bundle {
  if (typeof data !== "object" || data === null) return {};
  const bundle: Bundle = {};
  for (const [mime, content] of Object.entries(data)) {
    if (mime === HTML) continue;
    bundle[mime] = mime.endsWith("json") ? (content as Content) : joined(content);
  }
  const isHtml = HTML in data && Object.keys(bundle).length === 0;
  return isHtml ? { [PLAIN]: "HTML of an imported file: run the cell to see it." } : bundle;
}

function joined(text: unknown): string {
  return Array.isArray(text) ? text.map(String).join("") : String(text ?? "");
}
