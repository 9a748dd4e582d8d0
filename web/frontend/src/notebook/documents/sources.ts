// Where documents of cells are kept: a notebook of the ledger, a node of a flow.
import { documentOf, flow as askFlow, saveFlow, type Flow, type FlowDocument } from "../../api/flows";
import { ApiError } from "../../api/client";
import { notebook as askNotebook, saveNotebook, type NewNotebookCell, type NotebookShape } from "../../api/notebooks";
import { cellsOf, changeNode } from "../../flows/editing/changes";
import type { Content, ContentCell, Saved } from "./content";
import type { Source } from "./saver";

const UNTITLED = "Untitled";

export function notebookSource(id: string): Source {
  return {
    name: `notebook.${id}`,
    autosaves: true,
    load: async () => savedNotebook(await askNotebook(id)),
    save: async (content, base, label) => {
      const document = { ...content, name: content.name.trim() || UNTITLED, cells: newCells(content, base) };
      const { version, updated_at } = await saveNotebook(id, document, base.version, label);
      return { ...content, version, at: momentOf(updated_at) };
    },
  };
}

export function savedNotebook({ name, kernel, version, updated_at, cells }: NotebookShape): Saved {
  return { name, kernel, version, at: momentOf(updated_at), cells: contentCells(cells) };
}

export function contentCells(cells: NotebookShape["cells"]): ContentCell[] {
  return cells.map(({ id, kind, source, outputs }) => ({ id, kind, code: source, kept: outputs }));
}

// Outputs of a file may be large: they are sent where they are not what the server has.
function newCells(content: Content, base: Saved): NewNotebookCell[] {
  const there = new Map(base.cells.map((cell) => [cell.id, cell.kept]));
  return content.cells.map(({ id, kind, code, kept }) => {
    const cell = { id, kind, source: code };
    return there.has(id) && there.get(id) === kept ? cell : { ...cell, outputs: kept === null ? null : [...kept] };
  });
}

// Saved when somebody says so: each save is a version of the whole flow. `first`: the flow as it was opened.
export function nodeSource(first: Flow, node: string): Source {
  // What else the flow holds, as of the version that the cells are of.
  let flows = new Map<number, Flow>([[first.version, first]]);
  return {
    name: `flow.${first.id}.${node}`,
    autosaves: false,
    load: async () => {
      const found = await askFlow(first.id);
      flows.set(found.version, found);
      return savedNode(found, node);
    },
    save: async (content, base) => {
      const whole = flows.get(base.version) ?? (await askFlow(first.id));
      const saved = await saveFlow(first.id, withCells(documentOf(whole), node, content), base.version);
      flows = new Map([[saved.version, saved]]);
      return { ...content, version: saved.version, at: Date.now() };
    },
  };
}

export function savedNode(flow: Flow, node: string): Saved {
  const found = flow.nodes.find((one) => one.id === node);
  if (found?.type !== "python_script") throw new ApiError(404, "not_found", `This flow has no Python Script ${node} any more.`);
  const cells = cellsOf(found).map(({ id, code }): ContentCell => ({ id, kind: "code", code, kept: null }));
  return { name: found.name, kernel: found.kernel ?? flow.default_kernel, version: flow.version, at: null, cells };
}

// A kernel that is the flow's default anyway is not named by the node.
export function withCells(flow: FlowDocument, node: string, { name, kernel, cells }: Content): FlowDocument {
  const was = flow.nodes.find((one) => one.id === node);
  if (!was) throw new ApiError(404, "not_found", `This flow has no node ${node} any more.`);
  const settings = Object.fromEntries(Object.entries(was.settings).filter(([key]) => key !== "code"));
  const own = kernel === (was.kernel ?? flow.default_kernel) ? was.kernel : kernel;
  return changeNode(flow, node, { name, kernel: own, settings: { ...settings, cells: cells.map(({ id, code }) => ({ id, code })) } });
}

function momentOf(text: string | null): number | null {
  return text === null ? null : Date.parse(text);
}
