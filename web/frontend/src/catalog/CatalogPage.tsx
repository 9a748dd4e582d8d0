import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Tag } from "lucide-react";
import { useEffect, useState } from "react";
import { names, namespaces, type Entry } from "../api/catalog";
import { Ago } from "../parts/Ago";
import { Button } from "../parts/Button";
import { Failure } from "../parts/Notice";
import { useTitle } from "../parts/useTitle";
import "../styles/catalog.css";
import { count, size } from "../words/sizes";
import { EmptyCatalog } from "./EmptyCatalog";
import { DEFAULT, type CatalogSearch } from "./search";

export function CatalogPage() {
  useTitle("Catalog");
  const search = useSearch({ from: "/inside/catalog" });
  const navigate = useNavigate();
  const set = (part: Partial<CatalogSearch>): void =>
    void navigate({ to: "/catalog", search: { ...search, ...part }, replace: true });
  return (
    <div className="page">
      <div className="page-head">
        <h1>Catalog</h1>
        <span className="grow" />
        <Filters search={search} onSet={set} />
      </div>
      <Listing search={search} onSet={set} />
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
      <Find value={search.q ?? ""} onSet={(q) => onSet({ q })} />
    </div>
  );
}

const WAIT_MS = 300;

// Asks when the writing rests.
function Find({ value, onSet }: { value: string; onSet: (q: string | undefined) => void }) {
  const [text, setText] = useState(value);
  const [seen, setSeen] = useState(value);
  // Set from elsewhere: a link, the way back.
  if (seen !== value) {
    setSeen(value);
    if (text.trim() !== value) setText(value);
  }
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => onSet(text.trim() || undefined), WAIT_MS);
    return () => clearTimeout(timer);
  }, [text, value, onSet]);
  return (
    <input
      className="input find" type="search" placeholder="Find by name or description" aria-label="Find by name or description"
      value={text} maxLength={200} onChange={(event) => setText(event.target.value)}
    />
  );
}

function Listing({ search, onSet }: Props) {
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetching } = useInfiniteQuery({
    queryKey: ["catalog", "names", search],
    queryFn: ({ pageParam }) => names(search, pageParam),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    // Runs publish, and tell nobody.
    staleTime: 0,
    refetchOnWindowFocus: true,
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

export function spaceOf({ namespace }: { namespace: string }): { namespace?: string } {
  return namespace === DEFAULT ? {} : { namespace };
}
