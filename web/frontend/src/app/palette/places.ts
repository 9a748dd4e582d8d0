// Pages, and what is done on none in particular.
import {
  Boxes, CalendarClock, ClipboardList, FileText, Files, ListChecks, LogOut, MailWarning, Monitor, Moon, NotebookText, Package, Plane,
  Plus, Settings, ShieldCheck, Sun, UserRound, Users, Workflow, type LucideIcon,
} from "lucide-react";
import { logout } from "../../api/calls";
import { makeExample } from "../../api/examples";
import { createFlow } from "../../api/flows";
import { createNotebook } from "../../api/notebooks";
import { live } from "../../live/connection";
import { queryClient } from "../queries";
import { setTheme } from "../theme";
import type { Command } from "./commands";

function page(to: string, words: string, icon: LucideIcon, about = "page"): Command {
  return { id: `page ${to}`, words, about, icon, run: (go) => go(to) };
}

const PAGES: Command[] = [
  page("/kernels", "Kernels", Boxes),
  page("/flows", "Flows", Workflow),
  page("/notebooks", "Notebooks", NotebookText),
  page("/runs", "Runs of flows", ListChecks),
  page("/runs?state=failed", "Runs that failed", ListChecks),
  page("/logs", "Logs", FileText),
  page("/schedules", "Schedules", CalendarClock),
  page("/artifacts", "Artifacts of flows", Package),
  page("/catalog", "Catalog of artifacts", Package),
  page("/files", "Files", Files),
  page("/account", "Account: password, sessions, tokens", UserRound),
];

const OF_EDITORS: Command[] = [
  page("/kernels?new=true", "New kernel", Plus, "action"),
  page("/schedules?new=true", "New schedule", Plus, "action"),
  {
    id: "new flow", words: "New flow", about: "action", icon: Plus,
    run: async (go) => {
      const made = await createFlow({ name: "Untitled flow", nodes: [], connections: [], parameters: {}, default_kernel: null });
      void queryClient.invalidateQueries({ queryKey: ["flows"] });
      go(`/flows/${made.id}?edit=true`);
    },
  },
  {
    id: "new notebook", words: "New notebook", about: "action", icon: Plus,
    run: async (go) => {
      const made = await createNotebook({ name: "Untitled" });
      void queryClient.invalidateQueries({ queryKey: ["notebooks"] });
      go(`/notebooks/${made.id}`);
    },
  },
  {
    id: "example", words: "Make and run the example late flights", about: "action", icon: Plane,
    run: async (go) => go(`/runs/${(await makeExample()).id}`),
  },
];

const OF_ADMINS: Command[] = [
  page("/system", "System: queues, workers, charts", Settings, "system"),
  page("/system/runtime", "What kernels run in", ShieldCheck, "system"),
  page("/system/dead-letters", "Dead letters", MailWarning, "system"),
  page("/system/users", "Users", Users, "system"),
  page("/system/audit", "Audit: who changed what", ClipboardList, "system"),
];

const ALWAYS: Command[] = [
  { id: "dark", words: "Use the dark theme", about: "theme", icon: Moon, run: () => setTheme("dark") },
  { id: "light", words: "Use the light theme", about: "theme", icon: Sun, run: () => setTheme("light") },
  { id: "system theme", words: "Use the theme of the system", about: "theme", icon: Monitor, run: () => setTheme("system") },
  {
    id: "logout", words: "Log out", about: "action", icon: LogOut,
    run: async (go) => {
      await logout();
      queryClient.clear();
      live.reset();
      go("/login");
    },
  },
];

export function places(role: string): Command[] {
  return [...PAGES, ...(role === "viewer" ? [] : OF_EDITORS), ...(role === "admin" ? OF_ADMINS : []), ...ALWAYS];
}
