import { useQuery } from "@tanstack/react-query";
import { Link, useLocation, useParams } from "@tanstack/react-router";
import { Circle, Search } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { Fragment, useState } from "react";
import { kernelsQuery } from "../kernels/useKernels";
import { Button } from "../parts/Button";
import { StateChip } from "../parts/StateChip";
import { Palette, usePaletteKey } from "./Palette";
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
  "/catalog": "Catalog",
  "/files": "Files",
  "/system": "System",
  "/system/users": "Users",
  "/system/audit": "Audit",
};

function trailOf(path: string, kernel: string | undefined, artifact: string | undefined): string[] {
  if (path.startsWith("/kernels") && kernel) return ["Kernels", kernel];
  if (path.startsWith("/catalog") && artifact) return ["Catalog", artifact];
  return [PAGES[path] ?? "Kernels"];
}

function Crumbs() {
  const path = useLocation({ select: (location) => location.pathname });
  const { id, name } = useParams({ strict: false });
  const { data } = useQuery(kernelsQuery);
  const kernel = data?.items.find((one) => one.id === id || one.uid === id);
  const trail = trailOf(path, kernel?.name ?? id, name);
  return (
    <nav className="crumbs" aria-label="Breadcrumbs">
      {trail.map((word, index) => (
        <Fragment key={word}>
          {index > 0 && (
            <span className="sep" aria-hidden>
              /
            </span>
          )}
          {index < trail.length - 1 ? (
            <Link to={path.startsWith("/catalog") ? "/catalog" : "/kernels"}>{word}</Link>
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
  const running = data?.items.filter((kernel) => kernel.current_execution !== null) ?? [];
  if (running.length === 0) {
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
          <StateChip state="running" word={`${running.length} running`} />
        </button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
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
