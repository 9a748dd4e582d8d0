// Changes of a flow's parameters; the others keep their order. Pure.
import { parametersOf, type Parameter, type ParameterType } from "../parameters";

export interface Said { type: ParameterType; default?: unknown; description?: string }
type Parameters = Record<string, unknown>;

export function entriesOf(parameters: Parameters): [string, Said][] {
  return Object.entries(parameters).map(([name, said]) => {
    if (typeof said === "object" && said !== null && "type" in said) return [name, said as Said];
    const [one] = parametersOf({ [name]: said });
    return [name, { type: one?.type ?? "string", default: said }];
  });
}

// Two of one name cannot be said: the second waits for another one.
export function rename(parameters: Parameters, index: number, name: string): Parameters {
  const all = entriesOf(parameters);
  if (all.some(([other], at) => at !== index && other === name)) return parameters;
  return Object.fromEntries(all.map((one, at) => (at === index ? [name, one[1]] : one)));
}

export const put = (parameters: Parameters, name: string, said: Said): Parameters => ({ ...parameters, [name]: said });

export const remove = (parameters: Parameters, name: string): Parameters => Object.fromEntries(Object.entries(parameters).filter(([other]) => other !== name));

export function fresh(parameters: Parameters): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? "parameter" : `parameter_${number}`;
    if (!(name in parameters)) return name;
  }
}

// What is written, as a value of the type where it is one; else it stays text, and is told as wrong.
export function defaultIn(text: string, type: ParameterType): unknown {
  if (type === "string") return text;
  if (type === "boolean") return text === "true";
  const given = text.trim();
  if (type === "integer") return /^[+-]?\d+$/.test(given) && Number.isSafeInteger(Number(given)) ? Number(given) : given;
  if (type === "number") return given !== "" && Number.isFinite(Number(given)) ? Number(given) : given;
  return given;
}

// With another type, the default as far as it is a value of that; else none.
export function retyped(said: Said, type: ParameterType): Said {
  const { default: old, ...rest } = said;
  if (old === undefined) return { ...rest, type };
  const next = defaultIn(String(old), type);
  const fits = type === "string" || type === "boolean" || (type === "date" ? /^\d{4}-\d{2}-\d{2}$/.test(String(next)) : typeof next === "number");
  return fits ? { ...rest, type, default: next } : { ...rest, type };
}

export const isRequired = (said: Said): boolean => said.default === undefined || said.default === null;

export function asParameter(name: string, said: Said): Parameter {
  const [one] = parametersOf({ [name]: said });
  return one ?? { name, type: said.type, required: true, start: "", about: "" };
}
