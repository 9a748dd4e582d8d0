// What the palette can do: go to a kernel, act on it, go to a page.
import {
  Boxes, CirclePause, ClipboardList, Files, Moon, Package, Play, RotateCw, Settings, Sun, UserRound, Users, type LucideIcon,
} from "lucide-react";
import { tellKernel } from "../api/calls";
import type { Kernel } from "../api/types";
import { isUp, mayChange } from "../kernels/states";
import { setTheme } from "./theme";

export interface Command {
  id: string;
  words: string;
  about: string;
  icon?: LucideIcon;
  state?: string;
  run: (go: (to: string) => void) => void;
}

const MOST = 40;

const PAGES: Command[] = [
  { id: "kernels", words: "All kernels", about: "page", icon: Boxes, run: (go) => go("/kernels") },
  { id: "catalog", words: "Catalog of artifacts", about: "page", icon: Package, run: (go) => go("/catalog") },
  { id: "files", words: "Files", about: "page", icon: Files, run: (go) => go("/files") },
  { id: "account", words: "Account and tokens", about: "page", icon: UserRound, run: (go) => go("/account") },
  { id: "dark", words: "Use the dark theme", about: "theme", icon: Moon, run: () => setTheme("dark") },
  { id: "light", words: "Use the light theme", about: "theme", icon: Sun, run: () => setTheme("light") },
];

const OF_ADMINS: Command[] = [
  { id: "system", words: "What kernels run in", about: "system", icon: Settings, run: (go) => go("/system") },
  { id: "users", words: "Users", about: "system", icon: Users, run: (go) => go("/system/users") },
  { id: "audit", words: "Audit: who changed what", about: "system", icon: ClipboardList, run: (go) => go("/system/audit") },
];

export function findCommands(text: string, kernels: Kernel[], admin: boolean): Command[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const all = [...kernels.map(open), ...PAGES, ...(admin ? OF_ADMINS : []), ...kernels.filter(mayChange).flatMap(actions)];
  return all
    .filter((one) => words.every((word) => `${one.words} ${one.about}`.toLowerCase().includes(word)))
    .slice(0, MOST);
}

function open(kernel: Kernel): Command {
  const to = `/kernels/${kernel.uid}`;
  return { id: `open ${kernel.uid}`, words: kernel.name, about: kernel.id, state: kernel.state, run: (go) => go(to) };
}

function actions(kernel: Kernel): Command[] {
  const act = (what: "start" | "stop" | "restart", words: string, icon: LucideIcon): Command => ({
    id: `${what} ${kernel.uid}`,
    words: `${words} ${kernel.name}`,
    about: kernel.id,
    icon,
    run: () => void tellKernel(kernel.uid, what),
  });
  if (!isUp(kernel.state)) return [act("start", "Start", Play)];
  return [act("restart", "Restart", RotateCw), act("stop", "Stop", CirclePause)];
}
