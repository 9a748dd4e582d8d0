import { useQuery } from "@tanstack/react-query";
import { Link, useLocation, useParams } from "@tanstack/react-router";
import { Circle, Search } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { Fragment, useState } from "react";
import type { Flow } from "../api/flows";
import type { Run } from "../api/runs";
import { openRunsQuery, runKey } from "../runs/liveRuns";
import { kernelsQuery } from "../kernels/useKernels";
import { Button } from "../parts/Button";
import { StateChip } from "../parts/StateChip";
import { Palette, usePaletteKey } from "./palette/Palette";
import { RuntimeTag } from "./RuntimeBanner";
import { UserMenu } from "./UserMenu";

export function Topbar() {
  const [searching, setSearching] = useState(false);
  usePaletteKey(() => setSearching(true));
  return (
    <header className="topbar">
      <Crumbs />
      <span className="grow" />
      <Button className="search-button wide" icon={Search} small onClick={() => setSearching(true)}>
        Search <kbd>{navigator.platform.startsWith("Mac") ? "⌘K" : "Ctrl K"}</kbd>
      </Button>
      <RuntimeTag />
      <Running />
      <UserMenu />
      {searching && <Palette onClose={() => setSearching(false)} />}
    </header>
  );
}

const PAGES: Record<string, string> = {
  "/account": "Account",
  "/artifacts": "Artifacts",
  "/catalog": "Catalog",
  "/files": "Files",
  "/flows": "Flows",
  "/notebooks": "Notebooks",
  "/logs": "Logs",
  "/runs": "Runs",
  "/schedules": "Schedules",
  "/system": "System",
  "/system/runtime": "What kernels run in",
  "/system/dead-letters": "Dead letters",
  "/system/users": "Users",
  "/system/audit": "Audit",
};

interface Step { word: string; to: string }

function trailOf(path: string, named: string | undefined): Step[] {
  const [, place = "", thing, part, inner] = path.split("/");
  const root = LISTS[place];
  if (root && thing !== undefined && part === "nodes" && inner !== undefined) {
    const flow = `/${place}/${thing}`;
    return [{ word: root, to: `/${place}` }, { word: named ?? thing, to: flow }, { word: decodeURIComponent(inner), to: path }];
  }
  if (root && thing !== undefined) return [{ word: root, to: `/${place}` }, { word: named ?? thing, to: path }];
  return [{ word: PAGES[path] ?? "Kernels", to: path }];
}

const LISTS: Record<string, string> = { kernels: "Kernels", artifacts: "Artifacts", catalog: "Catalog", flows: "Flows", notebooks: "Notebooks", runs: "Runs" };

// What a page's subject is called, as far as the page has asked for it already.
function useNamed(path: string): string | undefined {
  const { id, name } = useParams({ strict: false });
  const known = useNames(id ?? "");
  const [, place = ""] = path.split("/");
  if (place === "notebooks") return known.notebook ?? "Notebook";
  if (place === "flows") return known.flow ?? id;
  if (place === "runs") return known.run ?? id;
  return name ?? known.kernel ?? id;
}

function useNames(id: string): Partial<Record<"kernel" | "flow" | "run" | "notebook", string>> {
  const kernels = useQuery(kernelsQuery);
  const flow = useQuery<Flow>({ queryKey: ["flow", id, "newest"], enabled: false });
  const run = useQuery<Run>({ queryKey: runKey(id), enabled: false });
  const notebook = useQuery<{ name: string }>({ queryKey: ["notebook", id], enabled: false });
  return {
    kernel: kernels.data?.items.find((one) => one.id === id || one.uid === id)?.name, flow: flow.data?.name,
    run: run.data && `${run.data.flow_name} ${run.data.id}`, notebook: notebook.data?.name,
  };
}

function Crumbs() {
  const path = useLocation({ select: (location) => location.pathname });
  const trail = trailOf(path, useNamed(path));
  return (
    <nav className="crumbs" aria-label="Breadcrumbs">
      {trail.map(({ word, to }, index) => (
        <Fragment key={to}>
          {index > 0 && (
            <span className="sep" aria-hidden>
              /
            </span>
          )}
          {index < trail.length - 1 ? (
            <Link to={to}>{word}</Link>
          ) : (
            <span className="cut" aria-current="page">
              {word}
            </span>
          )}
        </Fragment>
      ))}
    </nav>
  );
}

// What runs now, wherever it was started.
function Running() {
  const { data } = useQuery(kernelsQuery);
  const runs = useQuery(openRunsQuery).data ?? [];
  const running = data?.items.filter((kernel) => kernel.current_execution !== null) ?? [];
  // A run that goes on is a kernel that runs, too.
  const all = Math.max(running.length, runs.length);
  if (all === 0) {
    return (
      <span className="chip faint wide" role="status">
        <Circle className="icon" aria-hidden /> Nothing runs
      </span>
    );
  }
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <button type="button" className="button quiet small">
          <StateChip state="running" word={`${all} running`} />
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
          {runs.map((run) => (
            <DropdownMenu.Item key={run.id} asChild>
              <Link to="/runs/$id" params={{ id: run.id }}>
                <StateChip state={run.state} word={`Run of ${run.flow_name}`} />
              </Link>
            </DropdownMenu.Item>
          ))}
          {running.map((kernel) => (
            <DropdownMenu.Item key={kernel.uid} asChild>
              <Link to="/kernels/$id" params={{ id: kernel.uid }}>
                <StateChip state="running" word={kernel.name} />
              </Link>
            </DropdownMenu.Item>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
