import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { artifacts as ask, type Artifact } from "../api/artifacts";
import { useFreshList } from "../live/useFreshList";
import { Ago } from "../parts/Ago";
import { Button } from "../parts/Button";
import { Failure } from "../parts/Notice";
import { useTitle } from "../parts/useTitle";
import { flowsQuery } from "../runs/RunFilters";
import "../styles/catalog.css";
import { count, size } from "../words/sizes";
import { ArtifactTabs } from "./ArtifactTabs";
import { EmptyArtifacts } from "./EmptyArtifacts";
import { Find } from "./Find";
import { PlaceLink } from "./Place";
import { aloneWords, formatWord, typeWords, type ArtifactsSearch } from "./search";

export function ArtifactsPage() {
  useTitle("Artifacts");
  useFreshList("artifacts");
  const search = useSearch({ from: "/inside/artifacts" });
  const navigate = useNavigate();
  const set = (part: Partial<ArtifactsSearch>): void =>
    void navigate({ to: "/artifacts", search: (now) => ({ ...now, ...part }), replace: true });
  return (
    <div className="page">
      <ArtifactTabs />
      <div className="page-head">
        <h1>Artifacts</h1>
        <span className="grow" />
        <Filters search={search} onSet={set} />
      </div>
      <Listing search={search} />
    </div>
  );
}

function Filters({ search, onSet }: { search: ArtifactsSearch; onSet: (part: Partial<ArtifactsSearch>) => void }) {
  const { data } = useQuery(flowsQuery);
  const flows = new Map(data?.items.map(({ id, name }) => [id, name]));
  // Cells' own ids and kernels' loose cells are in no list of flows.
  if (search.flow && !flows.has(search.flow)) flows.set(search.flow, search.flow);
  return (
    <div className="row wrap" role="search" aria-label="Find artifacts">
      <select
        className="input space" aria-label="Flow" value={search.flow ?? ""}
        onChange={(event) => onSet({ flow: event.target.value || undefined })}
      >
        <option value="">all flows and cells</option>
        {[...flows].map(([id, name]) => (
          <option key={id} value={id}>{name}</option>
        ))}
      </select>
      <Find value={search.q ?? ""} words="Find by name or type" onSet={(q) => onSet({ q })} />
    </div>
  );
}

function Listing({ search }: { search: ArtifactsSearch }) {
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ["artifacts", "list", search],
    queryFn: ({ pageParam }) => ask(search, pageParam),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: 0,
    placeholderData: (before) => before,
  });
  const list = data?.pages.flatMap((page) => page.items) ?? [];
  const narrowed = Boolean(search.q ?? search.flow);
  return (
    <>
      <Failure error={error} actions={<Button onClick={() => void refetch()}>Try again</Button>} />
      {!data && !error && <div className="skeleton preview-wait" role="status" aria-busy="true" aria-label="Loading artifacts" />}
      {data && list.length === 0 && (narrowed ? <NothingLikeIt /> : <EmptyArtifacts />)}
      {list.length > 0 && <Artifacts list={list} />}
      {hasNextPage && (
        <div className="more">
          <Button busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>Show more</Button>
        </div>
      )}
    </>
  );
}

function NothingLikeIt() {
  return (
    <p className="faint">
      No artifact is like this. <Link to="/artifacts" search={{}} className="link">Show all</Link>
    </p>
  );
}

function Artifacts({ list }: { list: Artifact[] }) {
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label="Local artifacts">
      <table className="table entries own-artifacts">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Type</th>
            <th scope="col">Size</th>
            <th scope="col">Belongs to</th>
            <th scope="col">Published by</th>
            <th scope="col">When</th>
          </tr>
        </thead>
        <tbody>
          {list.map((one) => (
            <Row key={`${one.flow_id}/${one.name}`} one={one} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ one }: { one: Artifact }) {
  return (
    <tr>
      <td>
        <Link to="/artifacts/$flow/$name" params={{ flow: one.flow_id, name: one.name }} className="entry-name">
          <strong className="cut">{one.name}</strong>
        </Link>
        {one.damaged && <span className="tag amber">damaged</span>}
      </td>
      <td className="mono soft cut" title={typeWords(one)}>{one.type_name}</td>
      <td className="num soft" title={`${count(one.size)} bytes as ${formatWord(one.format)}`}>{size(one.size)}</td>
      <td><PlaceLink artifact={one} /></td>
      <td className="soft cut"><Producer one={one} /></td>
      <td className="soft">{one.created_at && <Ago at={one.created_at} />}</td>
    </tr>
  );
}

export function Producer({ one }: { one: Artifact }) {
  const node = one.node_name || one.node_id;
  return (
    <>
      {node && <span>{node}</span>}
      {node && ", "}
      {one.run_id ? (
        <Link to="/runs/$id" params={{ id: one.run_id }} className="link">run {one.run_id}</Link>
      ) : (
        aloneWords(one.scope)
      )}
    </>
  );
}
