import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Download, Pencil } from "lucide-react";
import { useState } from "react";
import { content, version as askVersion, versions as askVersions, type Entry as Listed, type Place, type Version } from "../api/catalog";
import { ApiError } from "../api/client";
import { NotThere } from "../app/Trouble";
import { useRole } from "../app/queries";
import { useFreshList } from "../live/useFreshList";
import { Ago } from "../parts/Ago";
import { Button } from "../parts/Button";
import { Copy } from "../parts/Copy";
import { Failure, Notice } from "../parts/Notice";
import { useTitle } from "../parts/useTitle";
import "../styles/catalog.css";
import "../styles/outputs.css";
import { count, size } from "../words/sizes";
import { DescribeSheet } from "./DescribeSheet";
import { EntryActions } from "./EntryActions";
import { Lineage } from "./Lineage";
import { PreviewView } from "./PreviewView";
import { DEFAULT } from "./search";

export function EntryPage() {
  const { name } = useParams({ from: "/inside/catalog/$name" });
  const { namespace = DEFAULT, version } = useSearch({ from: "/inside/catalog/$name" });
  useTitle(name);
  useFreshList("catalog");
  const place = { namespace, name };
  const list = useInfiniteQuery({
    queryKey: ["catalog", "versions", namespace, name],
    queryFn: ({ pageParam }) => askVersions(place, pageParam),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: 0,
  });
  if (list.error instanceof ApiError && list.error.status === 404) return <NotThere />;
  const latest = list.data?.pages[0]?.latest;
  const entries = list.data?.pages.flatMap((page) => page.items) ?? [];
  const more = list.hasNextPage ? () => void list.fetchNextPage() : null;
  return (
    <div className="page">
      <Failure error={list.error} actions={<Button onClick={() => void list.refetch()}>Try again</Button>} />
      {!list.data && !list.error && <div className="skeleton preview-wait" aria-busy="true" />}
      {latest !== undefined && <Entry {...{ place, latest, entries, more }} shown={version ?? latest} busy={list.isFetching} />}
    </div>
  );
}

interface EntryProps { place: Place; latest: number; entries: Listed[]; shown: number; more: (() => void) | null; busy: boolean }

function Entry({ place, latest, entries, shown, more, busy }: EntryProps) {
  return (
    <div className="entry-page">
      <One key={shown} {...{ place, latest }} version={shown} />
      <aside aria-label="Versions">
        <h2>Versions</h2>
        <VersionList {...{ place, entries, shown }} />
        {more && <Button small busy={busy} onClick={more}>Older versions</Button>}
      </aside>
    </div>
  );
}

function VersionList({ place, entries, shown }: { place: Place; entries: Listed[]; shown: number }) {
  return (
    <ol className="version-list">
      {entries.map((entry, index) => (
        <li key={entry.id}>
          <Link
            to="/catalog/$name" params={{ name: place.name }} aria-current={entry.version === shown ? "true" : undefined}
            search={{ ...(place.namespace !== DEFAULT && { namespace: place.namespace }), version: entry.version }}
          >
            <strong className="num">{entry.version}</strong>
            <span className="soft num">{size(entry.size)}</span>
            <span className="soft">{entry.created_at && <Ago at={entry.created_at} />}</span>
            {index === 0 && <span className="tag">latest</span>}
            {entry.damaged && <span className="tag amber">damaged</span>}
          </Link>
        </li>
      ))}
    </ol>
  );
}

function One({ place, version, latest }: { place: Place; version: number; latest: number }) {
  const { data, error } = useQuery({
    queryKey: ["catalog", "version", place.namespace, place.name, version],
    queryFn: () => askVersion(place, version),
    staleTime: 0,
  });
  return (
    <article className="stack">
      <Head {...{ place, version }} found={data} />
      {error instanceof ApiError && error.status === 404 ? (
        <Notice tone="amber">
          There is no version {version}; it may have been deleted. The latest is {latest}.
        </Notice>
      ) : (
        <Failure error={error} />
      )}
      {data && <Facts {...{ place, found: data }} />}
      {data && (
        <section className="stack small-gap">
          <h2>Preview</h2>
          <PreviewView {...{ place, version }} />
        </section>
      )}
      {data && <Lineage found={data} />}
    </article>
  );
}

function Head({ place, version, found }: { place: Place; version: number; found: Version | undefined }) {
  const changes = useRole() !== "viewer";
  const navigate = useNavigate();
  const gone = (whole: boolean): void =>
    void navigate(
      whole ? { to: "/catalog" } : { to: "/catalog/$name", params: { name: place.name }, search: { namespace: place.namespace } },
    );
  return (
    <header className="page-head">
      <h1 className="cut">
        {place.namespace !== DEFAULT && <span className="faint">{place.namespace}::</span>}
        {place.name}
      </h1>
      <span className="tag">version {version}</span>
      {found?.is_latest && <span className="tag">latest</span>}
      <span className="grow" />
      <span className="row">
        {found && !found.damaged && (
          <a className="button" href={content(place, version)} download>
            <Download className="icon" aria-hidden /> Download
          </a>
        )}
        {found && changes && <EntryActions {...{ place, found }} onGone={gone} />}
      </span>
    </header>
  );
}

function Facts({ place, found }: { place: Place; found: Version }) {
  const [describing, setDescribing] = useState(false);
  const changes = useRole() !== "viewer";
  const kind = found.module && found.module !== "builtins" ? `${found.module}.${found.python_type}` : found.python_type;
  return (
    <>
      {found.damaged && (
        <Notice tone="red">Its bytes are not what was published. Code that reads it gets a ValueError; other versions are whole.</Notice>
      )}
      {found.description && <p className="prose said">{found.description}</p>}
      <dl className="facts-two">
        <dt>Type</dt><dd className="mono">{kind}</dd>
        <dt>Read it</dt>
        <dd className="row wrap"><code className="mono">{callOf(found)}</code> <Copy text={callOf(found)} kind="quiet" /></dd>
        <dt>Size</dt><dd title={`${count(found.size)} bytes`}>{size(found.size)} as {found.format}</dd>
        <dt>Published</dt><dd>{found.created_at && <Ago at={found.created_at} />} by {found.owner}</dd>
        {found.promoted_from !== null && (<><dt>Again</dt><dd>the object of version {found.promoted_from}</dd></>)}
        <dt>Tags</dt>
        <dd className="row wrap">
          {found.tags.map((tag) => (
            <Link key={tag} to="/catalog" search={{ tag }} className="tag">{tag}</Link>
          ))}
          {found.tags.length === 0 && <span className="faint">none</span>}
          {changes && (
            <Button small kind="quiet" icon={Pencil} onClick={() => setDescribing(true)}>Edit description and tags</Button>
          )}
        </dd>
        <dt>SHA-256</dt><dd className="mono digest">{found.sha256}</dd>
      </dl>
      {describing && <DescribeSheet {...{ place, found }} onClose={() => setDescribing(false)} />}
    </>
  );
}

// The version is named: code that names none gets another one day.
function callOf({ name, namespace, version }: Version): string {
  const space = namespace === DEFAULT ? "" : `, namespace=${JSON.stringify(namespace)}`;
  return `flowfile.get_global(${JSON.stringify(name)}, version=${version}${space})`;
}
