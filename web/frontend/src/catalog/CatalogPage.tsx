import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Scissors, Tag } from "lucide-react";
import { useState } from "react";
import { names, namespaces, type Entry } from "../api/catalog";
import { useRole } from "../app/queries";
import { ArtifactTabs } from "../artifacts/ArtifactTabs";
import { Find } from "../artifacts/Find";
import { useFreshList } from "../live/useFreshList";
import { Ago } from "../parts/Ago";
import { Button } from "../parts/Button";
import { Failure } from "../parts/Notice";
import { useTitle } from "../parts/useTitle";
import "../styles/catalog.css";
import { count, size } from "../words/sizes";
import { EmptyCatalog } from "./EmptyCatalog";
import { PruneSheet } from "./PruneSheet";
import { DEFAULT, spaceOf, type CatalogSearch } from "./search";

export function CatalogPage() {
  useTitle("Catalog");
  useFreshList("catalog");
  const [pruning, setPruning] = useState(false);
  const changes = useRole() !== "viewer";
  const search = useSearch({ from: "/inside/catalog" });
  const navigate = useNavigate();
  const set = (part: Partial<CatalogSearch>): void =>
    void navigate({ to: "/catalog", search: (now) => ({ ...now, ...part }), replace: true });
  return (
    <div className="page">
      <ArtifactTabs />
      <div className="page-head">
        <h1>Catalog</h1>
        <span className="grow" />
        <Filters search={search} onSet={set} />
        {changes && <Button icon={Scissors} onClick={() => setPruning(true)}>Prune…</Button>}
      </div>
      <Listing search={search} onSet={set} />
      {pruning && <PruneSheet namespace={search.namespace} onClose={() => setPruning(false)} />}
    </div>
  );
}

interface Props { search: CatalogSearch; onSet: (part: Partial<CatalogSearch>) => void }

function Filters({ search, onSet }: Props) {
  const { data } = useQuery({ queryKey: ["catalog", "namespaces"], queryFn: namespaces, staleTime: 0 });
  const known = [...new Set([...(data?.items ?? []), ...(search.namespace ? [search.namespace] : [])])];
  return (
    <div className="row wrap" role="search" aria-label="Find in the catalog">
      {search.tag && (
        <Button small icon={Tag} onClick={() => onSet({ tag: undefined })} aria-label={`Not only with the tag ${search.tag}`}>
          {search.tag} ×
        </Button>
      )}
      {known.length > 1 && (
        <select
          className="input space" aria-label="Namespace" value={search.namespace ?? ""}
          onChange={(event) => onSet({ namespace: event.target.value || undefined })}
        >
          <option value="">all namespaces</option>
          {known.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      )}
      <Find value={search.q ?? ""} words="Find by name or description" onSet={(q) => onSet({ q })} />
    </div>
  );
}

function Listing({ search, onSet }: Props) {
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetching } = useInfiniteQuery({
    queryKey: ["catalog", "names", search],
    queryFn: ({ pageParam }) => names(search, pageParam),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: 0,
    placeholderData: (before) => before,
  });
  const entries = data?.pages.flatMap((page) => page.items) ?? [];
  const narrowed = Boolean(search.q ?? search.tag ?? search.namespace);
  return (
    <>
      <Failure error={error} actions={<Button onClick={() => void refetch()}>Try again</Button>} />
      {!data && !error && <div className="skeleton preview-wait" role="status" aria-busy="true" aria-label="Loading the catalog" />}
      {data && entries.length === 0 && (narrowed ? <NothingLikeIt /> : <EmptyCatalog />)}
      {entries.length > 0 && <Entries entries={entries} onTag={(tag) => onSet({ tag })} />}
      {hasNextPage && (
        <div className="more">
          <Button busy={isFetching} onClick={() => void fetchNextPage()}>Show more</Button>
        </div>
      )}
    </>
  );
}

function NothingLikeIt() {
  return (
    <p className="faint">
      Nothing in the catalog is like this. <Link to="/catalog" search={{}} className="link">Show all</Link>
    </p>
  );
}

function Entries({ entries, onTag }: { entries: Entry[]; onTag: (tag: string) => void }) {
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label="Global artifacts">
      <table className="table entries">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Latest</th>
            <th scope="col">Type</th>
            <th scope="col">Size</th>
            <th scope="col">Tags</th>
            <th scope="col">Published</th>
          </tr>
        </thead>
        <tbody>
          {entries.map((entry) => (
            <tr key={entry.id}>
              <td>
                <Link to="/catalog/$name" params={{ name: entry.name }} search={spaceOf(entry)} className="entry-name">
                  {entry.namespace !== DEFAULT && <span className="faint">{entry.namespace}::</span>}
                  <strong>{entry.name}</strong>
                </Link>
                {entry.damaged && <span className="tag amber">damaged</span>}
                {entry.description && <div className="faint cut about" title={entry.description}>{entry.description}</div>}
              </td>
              <td className="num soft">{entry.version}</td>
              <td className="mono soft">{entry.python_type}</td>
              <td className="num soft" title={`${count(entry.size)} bytes as ${entry.format}`}>{size(entry.size)}</td>
              <td>
                <span className="row wrap tags">
                  {entry.tags.map((tag) => (
                    <button key={tag} type="button" className="tag" title={`Only with the tag ${tag}`} onClick={() => onTag(tag)}>
                      {tag}
                    </button>
                  ))}
                </span>
              </td>
              <td className="soft">{entry.created_at && <Ago at={entry.created_at} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
