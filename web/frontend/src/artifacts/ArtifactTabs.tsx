import { Link } from "@tanstack/react-router";

const EXACT = { exact: true, includeSearch: false } as const;

// The two kinds of artifacts: a flow's own, and what all flows read.
export function ArtifactTabs() {
  return (
    <nav className="tabs" aria-label="Artifacts">
      <Link to="/artifacts" activeOptions={EXACT}>In flows</Link>
      <Link to="/catalog" activeOptions={EXACT}>Catalog</Link>
    </nav>
  );
}
