// Fields ask here whether something is wrong with them.
import { createContext, useContext } from "react";
import { wrongAt, type Problem } from "./problems";

export const Wrong = createContext<readonly Problem[]>([]);

// Within a node, a wire, or the flow ("").
export function useWrong(where: string): (field: string) => string | null {
  const problems = useContext(Wrong);
  return (field) => wrongAt(problems.filter((one) => one.stops === "save"), where, field);
}

export function useLacks(where: string): string[] {
  const problems = useContext(Wrong);
  return problems.filter((one) => one.where === where && one.stops === "run").map((one) => one.words);
}
