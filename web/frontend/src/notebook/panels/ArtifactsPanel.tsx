// What cells published for their flow and what they may read of it, and the catalog: with the code that reads it.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { flow as askFlow } from "../../api/flows";
import { spaceOf } from "../../catalog/search";
import { useFreshList } from "../../live/useFreshList";
import { Ago } from "../../parts/Ago";
import { Button } from "../../parts/Button";
import { Failure } from "../../parts/Notice";
import { size } from "../../words/sizes";
import { catalogNames, localArtifacts, type CatalogEntry, type LocalArtifact } from "./asking";
import { Empty, Insert } from "./parts";
import { getGlobal, readArtifact } from "./snippets";
import { parted, upstreamOf } from "./tables";
import { useCellsEnded } from "./useCellsEnded";

type OnInsert = (code: string) => void;
interface Props { kernel: string | null; flow: string | null; node: string | null; onInsert: OnInsert }

export function ArtifactsPanel({ kernel, flow, node, onInsert }: Props) {
  // Cells without a flow have a place of their own on each kernel.
  const place = flow ?? (kernel === null ? null : `~${kernel}`);
  return (
    <>
      {place === null ? <Empty>Artifacts of these cells stand here once they have run on a kernel.</Empty> : <LocalArtifacts key={place} {...{ kernel, place, node, onInsert }} />}
      <Catalog onInsert={onInsert} />
    </>
  );
}

const NOTHING: ReadonlySet<string> = new Set();

// Without `onInsert` they are shown, and their code is not offered.
export function LocalArtifacts({ kernel, place, node, onInsert }: { kernel: string | null; place: string; node: string | null; onInsert?: OnInsert }) {
  const made = useQuery({ queryKey: ["artifacts", "panel", place], queryFn: () => localArtifacts(place), staleTime: 0 });
  const whole = useQuery({ queryKey: ["flow", place, "panel"], queryFn: () => askFlow(place), staleTime: 0, enabled: node !== null });
  useFreshList("artifacts");
  useCellsEnded(kernel, made.refetch);
  const error = made.error ?? whole.error;
  if (error) return <Failure error={error} actions={<Button small onClick={() => (void made.refetch(), void whole.refetch())}>Try again</Button>} />;
  if (!made.data || (node !== null && !whole.data)) return <div className="skeleton panel-wait" role="status" aria-busy="true" aria-label="Loading the artifacts" />;
  const { here, upstream, elsewhere } = parted(made.data, node, whole.data && node !== null ? upstreamOf(whole.data, node) : NOTHING);
  const rows = (some: LocalArtifact[]): ReactNode => some.map((one) => <OneLocal key={one.name} {...{ place, node, onInsert }} artifact={one} />);
  return (
    <>
      {node !== null && (
        <Part title="Available from upstream" empty="The nodes before this one have published nothing.">{rows(upstream)}</Part>
      )}
      <Part
        title="Published here"
        empty={<>Nothing yet. A cell keeps an object with <code>flowfile.publish_artifact(&quot;name&quot;, obj)</code>; other cells read it by its name.</>}
      >
        {rows(here)}
      </Part>
      {elsewhere.length > 0 && <Part title="Elsewhere in this flow" note="Not upstream: reading one warns." empty="">{rows(elsewhere)}</Part>}
    </>
  );
}

function Part({ title, note, empty, children }: { title: string; note?: string; empty: ReactNode; children: ReactNode[] | ReactNode }) {
  const isEmpty = Array.isArray(children) && children.length === 0;
  return (
    <section className="panel-part" aria-label={title}>
      <h3>{title}</h3>
      {note && <p className="faint">{note}</p>}
      {isEmpty ? <p className="soft">{empty}</p> : <ul className="artifacts-list">{children}</ul>}
    </section>
  );
}

interface OneProps { place: string; node: string | null; artifact: LocalArtifact; onInsert?: OnInsert }

function OneLocal({ place, node, artifact, onInsert }: OneProps) {
  const { name, type_name: type, size: bytes, node_id: owner, node_name: ownerName, created_at: at, damaged } = artifact;
  return (
    <li>
      <div className="row">
        <Link to="/artifacts/$flow/$name" params={{ flow: place, name }} className="link mono cut" title={name}>{name}</Link>
        <span className="grow" />
        {onInsert && <Insert code={readArtifact(name)} what={name} onInsert={onInsert} />}
      </div>
      <p className="faint num">
        <span className="mono">{type}</span>, {size(bytes)}
        {owner !== "" && owner !== node && <>, by {ownerName || owner}</>}
        {at && <>, <Ago at={at} /></>}
      </p>
      {damaged && <p className="tone-red">Damaged: publish it again.</p>}
    </li>
  );
}

function Catalog({ onInsert }: { onInsert: OnInsert }) {
  const [search, setSearch] = useState("");
  const { data, error } = useQuery({
    queryKey: ["catalog", "panel", search.trim()], queryFn: () => catalogNames(search.trim()), staleTime: 0, placeholderData: (before) => before,
  });
  useFreshList("catalog");
  return (
    <section className="panel-part" aria-label="Catalog">
      <h3>Catalog</h3>
      <input className="input" type="search" placeholder="Find a name" aria-label="Find a name in the catalog" value={search} onChange={(event) => setSearch(event.target.value)} />
      <Failure error={error} />
      {data?.items.length === 0 && (
        search.trim() ? <p className="faint">No name is like this.</p> : <p className="soft">The catalog is empty. <code>flowfile.publish_global(&quot;name&quot;, obj)</code> in a node puts an object there.</p>
      )}
      <ul className="artifacts-list">
        {data?.items.map((one) => <OneEntry key={`${one.namespace} ${one.name}`} entry={one} onInsert={onInsert} />)}
      </ul>
      {data?.next && <Link to="/catalog" className="link">All of the catalog</Link>}
    </section>
  );
}

function OneEntry({ entry, onInsert }: { entry: CatalogEntry; onInsert: OnInsert }) {
  return (
    <li>
      <div className="row">
        <Link to="/catalog/$name" params={{ name: entry.name }} search={spaceOf(entry)} className="link mono cut" title={entry.name}>{entry.name}</Link>
        <span className="faint num">v{entry.version}</span>
        <span className="grow" />
        <Insert code={getGlobal(entry)} what={`${entry.name} of the catalog`} onInsert={onInsert} />
      </div>
      <p className="faint num">
        <span className="mono">{entry.python_type}</span>, {size(entry.size)}{entry.namespace !== "default" && `, in ${entry.namespace}`}
      </p>
    </li>
  );
}
