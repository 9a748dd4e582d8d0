// What is wrong with a flow, each at the field that it names. Pure.
import type { FlowDocument, FlowNode } from "../../api/flows";
import { ApiError, sentence } from "../../api/client";
import { wireIds } from "../graph/model";
import { parametersOf, wrongWith } from "../parameters";
import { isBlank } from "./changes";
import { wrongInTable } from "./tables";

// `where`: a node's id, a wire's id, or "" for the flow; `field`: its JSON path there. `stops`: what cannot be done.
export interface Problem { where: string; field: string; words: string; stops: "save" | "run" }

const INPUT = /^[a-z][a-z0-9_]{0,199}$/;
const PARAMETER = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;
const LONGEST_NAME = 200;

export function problemsOf(flow: FlowDocument): Problem[] {
  const found: Problem[] = [];
  const add = (where: string, field: string, words: string | null, stops: Problem["stops"] = "save"): void => {
    if (words !== null) found.push({ where, field, words, stops });
  };
  add("", "name", wrongName(flow.name));
  for (const [name, said] of Object.entries(flow.parameters)) {
    add("", `parameters.${name}`, PARAMETER.test(name) ? null : "Letters, digits and _, no digit first.");
    const [one] = parametersOf({ [name]: said });
    if (one && one.start !== "") add("", `parameters.${name}.default`, wrongWith(one, one.start));
  }
  const withoutKernel = flow.default_kernel === null;
  for (const node of flow.nodes) {
    for (const [field, words] of inNode(node, flow)) add(node.id, field, words);
    add(node.id, "kernel", withoutKernel && node.kernel === null ? "It has no kernel, and the flow no default one." : null, "run");
    const [field, words] = lack(node);
    add(node.id, field, words, "run");
  }
  const ids = wireIds(flow.connections);
  for (const [index, one] of flow.connections.entries()) {
    const id = ids[index] ?? "";
    add(id, "input", one.input === null || INPUT.test(one.input) ? null : "Small letters, digits and _, a letter first.");
    add(id, "output", wrongArtifact(one.output));
  }
  return found;
}

function* inNode({ name, settings }: FlowNode, flow: FlowDocument): Generator<[string, string | null]> {
  yield ["name", wrongName(name)];
  yield ["settings.timeout_s", within(settings["timeout_s"], 0, 604_800, true)];
  const retries = settings["retries"];
  if (typeof retries === "object" && retries !== null) {
    const { max, delay_s, backoff, jitter } = retries as Record<string, unknown>;
    yield ["settings.retries.max", Number.isInteger(max) ? within(max, 0, 10) : "A whole number from 0 to 10."];
    yield ["settings.retries.delay_s", within(delay_s, 0, 3600)];
    yield ["settings.retries.backoff", within(backoff, 1, 10)];
    yield ["settings.retries.jitter", within(jitter, 0, 1)];
  }
  const outputs = Array.isArray(settings["outputs"]) ? (settings["outputs"] as string[]) : [];
  yield ["settings.outputs", outputs.map(wrongArtifact).find((one) => one !== null) ?? (new Set(outputs).size < outputs.length ? "A name stands twice." : null)];
  for (const what of ["source", "target"]) {
    const place = settings[what] as Record<string, unknown> | undefined;
    if (isBlank(place) || !place) continue;
    yield [`settings.${what}.path`, wrongPath(place, flow)];
    if (place["kind"] === "table") yield ["settings.source", wrongInTable(place)];
  }
}

function wrongPath({ kind, path }: Record<string, unknown>, flow: FlowDocument): string | null {
  if (kind !== "file") return null;
  if (typeof path === "object" && path !== null) {
    const [one] = parametersOf(flow.parameters).filter(({ name }) => name === (path as Record<string, unknown>)["parameter"]);
    if (!one) return "The flow has no such parameter.";
    return one.type === "string" ? null : "A path is a parameter of type string.";
  }
  const text = String(path);
  if (text.startsWith("/") || text.endsWith("/")) return "A path neither begins nor ends with /.";
  return text.split("/").some((part) => part === "" || part === "." || part === "..") ? "A path has no empty part, . or .. in it." : null;
}

function lack({ type, settings }: FlowNode): [string, string | null] {
  if (type === "input") return ["settings.source", isBlank(settings["source"]) ? "It does not say yet what it reads." : null];
  if (type === "output") return ["settings.target", isBlank(settings["target"]) ? "It does not say yet where it writes." : null];
  if (type === "sql") return ["settings.query", String(settings["query"] ?? "").trim() === "" ? "It has no query yet." : null];
  return ["", null];
}

function within(value: unknown, least: number, most: number, above = false): string | null {
  if (value === undefined || value === null) return null;
  const fine = typeof value === "number" && Number.isFinite(value) && value >= least && value <= most && !(above && value === least);
  return fine ? null : `A number ${above ? `above ${least}, at most` : `from ${least} to`} ${most.toLocaleString("en")}.`;
}

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;

function wrongName(name: string): string | null {
  if (name.trim() === "") return "A name is needed.";
  if (CONTROL.test(name)) return "A name holds no control characters.";
  return name.length > LONGEST_NAME ? `At most ${LONGEST_NAME} characters.` : null;
}

function wrongArtifact(name: string): string | null {
  if (name.trim() === "") return "A name is needed.";
  return CONTROL.test(name) || name.includes("/") || name.length > LONGEST_NAME ? "A name has at most 200 characters, no / and no control characters." : null;
}

// Where the server found something, in the flow that it was sent; null: nothing of it is there.
export function problemIn(error: unknown, flow: FlowDocument): Problem | null {
  if (!(error instanceof ApiError) || error.status !== 422 || error.field === null) return null;
  const [, list, index, rest = ""] = /^(nodes|connections)\[(\d+)\](?:\.(.*))?$/.exec(error.field) ?? [];
  if (list === "nodes") {
    const node = flow.nodes[Number(index)];
    if (!node) return null;
    const before = `node ${node.name} (${node.id}): `;
    const words = error.message.startsWith(before) ? error.message.slice(before.length) : error.message;
    return { where: node.id, field: rest, words: sentence(words), stops: "save" };
  }
  if (list === "connections") {
    const wire = wireIds(flow.connections)[Number(index)];
    return wire ? { where: wire, field: rest, words: sentence(error.message), stops: "save" } : null;
  }
  return /^(name|default_kernel|parameters\b.*)$/.test(error.field) ? { where: "", field: error.field, words: sentence(error.message), stops: "save" } : null;
}

// Of a field or of what is within it.
export function wrongAt(problems: readonly Problem[], where: string, field: string): string | null {
  const found = problems.find((one) => one.where === where && (one.field === field || one.field.startsWith(`${field}.`) || one.field.startsWith(`${field}[`)));
  return found?.words ?? null;
}
