// Parameters of a flow, and what a person writes for them. Pure.

export type ParameterType = "string" | "integer" | "number" | "boolean" | "date";
export interface Parameter { name: string; type: ParameterType; required: boolean; start: string; about: string }
export type Draft = Record<string, string>;

const TYPES: ReadonlySet<string> = new Set(["string", "integer", "number", "boolean", "date"]);

export function parametersOf(declared: Record<string, unknown>): Parameter[] {
  return Object.entries(declared).map(([name, value]) => {
    const said = asObject(value);
    // A bare value is its own default.
    if (said === null || !TYPES.has(String(said["type"]))) {
      return { name, type: typeOf(value), required: false, start: written(value), about: "" };
    }
    const there = said["default"] !== undefined && said["default"] !== null;
    return {
      name, type: said["type"] as ParameterType, required: !there, start: there ? written(said["default"]) : "",
      about: typeof said["description"] === "string" ? said["description"] : "",
    };
  });
}

export function draftFor(parameters: readonly Parameter[], values: Record<string, unknown> = {}): Draft {
  return Object.fromEntries(parameters.map(({ name, start, type }) => {
    const value = name in values ? written(values[name]) : start;
    return [name, type === "boolean" && value === "" ? "false" : value];
  }));
}

// What is wrong with it, in words; null: nothing.
export function wrongWith({ type, required }: Parameter, text: string): string | null {
  const given = text.trim();
  if (given === "") return required ? "This one has no default: give a value." : null;
  if (type === "integer" && !/^[+-]?\d+$/.test(given)) return "A whole number, such as 2013.";
  if (type === "number" && !Number.isFinite(Number(given))) return "A number, such as 0.5.";
  if (type === "date" && !isDay(given)) return "A day, such as 2026-12-01.";
  return null;
}

export function isReady(parameters: readonly Parameter[], draft: Draft): boolean {
  return parameters.every((one) => wrongWith(one, draft[one.name] ?? "") === null);
}

// As the API takes them: what is as its default is left to the flow.
export function valuesOf(parameters: readonly Parameter[], draft: Draft): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { name, type, start, required } of parameters) {
    const text = draft[name] ?? "";
    if (text === start && !required) continue;
    if (type !== "string" && text.trim() === "") continue;
    values[name] = valueOf(type, text);
  }
  return values;
}

function valueOf(type: ParameterType, text: string): unknown {
  if (type === "boolean") return text === "true";
  if (type === "integer" || type === "number") return Number(text);
  return type === "date" ? text.trim() : text;
}

function typeOf(value: unknown): ParameterType {
  if (typeof value === "boolean") return "boolean";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return "string";
}

function written(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function isDay(text: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? [];
  if (year === undefined) return false;
  const at = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)));
  return at.getUTCMonth() === Number(month) - 1 && at.getUTCDate() === Number(day);
}

function asObject(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
}
