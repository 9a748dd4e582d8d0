import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { Boxes, CalendarClock, Files, ListChecks, NotebookText, Package, Settings, UserRound, Workflow, type LucideIcon } from "lucide-react";
import { useEffect } from "react";
import mark from "../styles/icon.svg";
import { useLiveKernels } from "../kernels/useKernels";
import { queryClient, meQuery } from "./queries";
import { router } from "./router";
import { useLiveRuns } from "../runs/liveRuns";
import { useStreamState } from "../live/useLive";
import { Tip } from "../parts/Tip";
import { FailureBar } from "./FailureBar";
import { OfflineBar } from "./OfflineBar";
import { RuntimeBanner } from "./RuntimeBanner";
import { Topbar } from "./Topbar";

export function Shell() {
  useLiveKernels();
  useLiveRuns();
  useSignedOut();
  return (
    <>
      <a className="skip" href="#work">
        Skip to the content
      </a>
      <div className="shell">
        <Rail />
        <div className="grow">
          <OfflineBar />
          <Topbar />
          <main id="work" tabIndex={-1}>
            <FailureBar />
            <RuntimeBanner />
            <Outlet />
          </main>
        </div>
      </div>
    </>
  );
}

const PLACES: { to: string; word: string; icon: LucideIcon; role?: string; also?: string }[] = [
  { to: "/kernels", word: "Kernels", icon: Boxes },
  { to: "/flows", word: "Flows", icon: Workflow },
  { to: "/notebooks", word: "Notebooks", icon: NotebookText },
  { to: "/runs", word: "Runs", icon: ListChecks, also: "/logs" },
  { to: "/schedules", word: "Schedules", icon: CalendarClock },
  { to: "/artifacts", word: "Artifacts", icon: Package, also: "/catalog" },
  { to: "/files", word: "Files", icon: Files },
  { to: "/account", word: "Account", icon: UserRound },
  { to: "/system", word: "System", icon: Settings, role: "admin" },
];

function Rail() {
  const { data } = useSuspenseQuery(meQuery);
  const path = useLocation({ select: (location) => location.pathname });
  return (
    <nav className="rail" aria-label="Main">
      <Link to="/kernels" className="mark" aria-label="Husk, all kernels">
        <img src={mark} alt="" />
      </Link>
      {PLACES.filter(({ role }) => role === undefined || role === data.user.role).map(({ to, word, icon: Icon, also }) => (
        <Tip key={to} text={word}>
          <Link to={to} className="go" aria-label={word} aria-current={also && path.startsWith(also) ? "page" : undefined}>
            <Icon className="icon" aria-hidden />
            <span className="label">{word}</span>
          </Link>
        </Tip>
      ))}
    </nav>
  );
}

// A session that ended elsewhere ends the stream; the page must not look as if it still worked.
function useSignedOut(): void {
  const state = useStreamState();
  useEffect(() => {
    if (state !== "signed_out") return;
    queryClient.clear();
    void router.navigate({ to: "/login", search: { next: router.state.location.pathname } });
  }, [state]);
}
