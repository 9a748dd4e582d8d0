import { Eye, Users } from "lucide-react";
import type { Kernel } from "../api/types";
import { Tip } from "../parts/Tip";

// Whose a kernel is that is not one's own, and what one may do with it.
export function Access({ kernel }: { kernel: Kernel }) {
  if (kernel.access === "owner") return null;
  const [words, why] = told(kernel);
  const Icon = kernel.access === "viewer" ? Eye : Users;
  return (
    <Tip text={why}>
      <button type="button" className="tag cut" aria-label={`${words}. ${why}`}>
        <Icon className="icon" aria-hidden /> <span className="cut">{words}</span>
      </button>
    </Tip>
  );
}

function told({ access, owner }: Kernel): [string, string] {
  if (access === "viewer") {
    return [`${owner}'s, view only`, `${owner} shares this kernel with you: you see its cells and output, live, and change nothing.`];
  }
  if (access === "editor") {
    return [`${owner}'s`, `${owner} shares this kernel with you: you run cells, start and stop it. Its settings are ${owner}'s.`];
  }
  return [`${owner}'s`, `This kernel belongs to ${owner}; as an admin you may do everything with it.`];
}
