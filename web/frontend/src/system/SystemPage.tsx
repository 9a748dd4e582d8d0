import { Link, Outlet } from "@tanstack/react-router";
import { useSuspenseQuery } from "@tanstack/react-query";
import { ExternalLink } from "lucide-react";
import { meQuery } from "../app/queries";
import "../styles/system.css";

// For admins. Who is none is told so; the API refuses them in any case.
export function SystemPage() {
  const { data } = useSuspenseQuery(meQuery);
  if (data.user.role !== "admin") {
    return (
      <div className="page empty">
        <h1>This page is for admins</h1>
        <p className="prose">Your role is {data.user.role}. An admin sees here how Husk does, who has an account and who changed what.</p>
        <p>
          <Link to="/kernels" className="link">
            All kernels
          </Link>
        </p>
      </div>
    );
  }
  return (
    <div className="page system">
      <nav className="tabs" aria-label="System">
        <Link to="/system" activeOptions={{ exact: true }}>
          Overview
        </Link>
        <Link to="/system/runtime">Runtime</Link>
        <Link to="/system/dead-letters">Dead letters</Link>
        <Link to="/system/users">Users</Link>
        <Link to="/system/audit">Audit</Link>
        {data.flower && (
          <a href="/flower/">
            Flower <ExternalLink className="icon" aria-hidden />
          </a>
        )}
      </nav>
      <Outlet />
    </div>
  );
}
