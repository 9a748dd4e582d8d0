import { Link } from "@tanstack/react-router";

const EXACT = { exact: true, includeSearch: false } as const;

// What ran, and what it logged.
export function RunTabs() {
  return (
    <nav className="tabs" aria-label="Runs and logs">
      <Link to="/runs" activeOptions={EXACT}>Runs</Link>
      <Link to="/logs" activeOptions={EXACT}>Logs</Link>
    </nav>
  );
}
