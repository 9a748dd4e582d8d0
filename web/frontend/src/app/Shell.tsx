import { useSuspenseQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { Boxes, Settings, UserRound } from "lucide-react";
import { useEffect } from "react";
import mark from "../styles/icon.svg";
import { useLiveKernels } from "../kernels/useKernels";
import { queryClient, meQuery } from "./queries";
import { router } from "./router";
import { useStreamState } from "../live/useLive";
import { Tip } from "../parts/Tip";
import { OfflineBar } from "./OfflineBar";
import { RuntimeBanner } from "./RuntimeBanner";
import { Topbar } from "./Topbar";

export function Shell() {
  useLiveKernels();
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
            <RuntimeBanner />
            <Outlet />
          </main>
        </div>
      </div>
    </>
  );
}

function Rail() {
  const { data } = useSuspenseQuery(meQuery);
  return (
    <nav className="rail" aria-label="Main">
      <Link to="/kernels" className="mark" aria-label="Husk, all kernels">
        <img src={mark} alt="" />
      </Link>
      <Tip text="Kernels">
        <Link to="/kernels" className="go" aria-label="Kernels">
          <Boxes className="icon" aria-hidden />
          <span className="label">Kernels</span>
        </Link>
      </Tip>
      <Tip text="Account">
        <Link to="/account" className="go" aria-label="Account">
          <UserRound className="icon" aria-hidden />
          <span className="label">Account</span>
        </Link>
      </Tip>
      {data.user.role === "admin" && (
        <Tip text="System">
          <Link to="/system" className="go" aria-label="System">
            <Settings className="icon" aria-hidden />
            <span className="label">System</span>
          </Link>
        </Tip>
      )}
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
