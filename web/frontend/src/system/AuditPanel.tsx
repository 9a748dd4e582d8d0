import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { audit, users } from "../api/calls";
import type { AuditEvent } from "../api/types";
import { Ago } from "../parts/Ago";
import { Button } from "../parts/Button";
import { Failure } from "../parts/Notice";
import { useTitle } from "../parts/useTitle";
import { told } from "../words/facts";
import { AuditFilters } from "./AuditFilters";
import { asQuery, isNarrowed, type AuditSearch } from "./auditSearch";

// One change a row, newest first; the address holds the filter.
export function AuditPanel() {
  useTitle("Audit");
  const search = useSearch({ from: "/inside/system/audit" });
  const navigate = useNavigate();
  const set = (part: Partial<AuditSearch>): void => void navigate({ to: ".", search: (now) => ({ ...now, ...part }), replace: true });
  const { data, error, fetchNextPage, hasNextPage, isFetching } = useInfiniteQuery({
    queryKey: ["audit", search],
    queryFn: ({ pageParam }) => audit(asQuery(search, pageParam)),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: 0,
  });
  const people = useQuery({ queryKey: ["users"], queryFn: users });
  const events = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="stack">
      <h1>Audit</h1>
      <p className="soft">
        Every change by people and their tokens, and what <code>husk</code> did to kernels by itself, newest first. It holds
        no code and no secret.
      </p>
      <AuditFilters search={search} onSet={set} people={people.data?.items.map((one) => one.name) ?? []} />
      <Failure error={error} />
      {data && events.length === 0 && <Nothing narrowed={isNarrowed(search)} />}
      {events.length > 0 && <Events events={events} onSet={set} />}
      {hasNextPage && (
        <div>
          <Button busy={isFetching} onClick={() => void fetchNextPage()}>
            Older changes
          </Button>
        </div>
      )}
    </section>
  );
}

function Nothing({ narrowed }: { narrowed: boolean }) {
  if (!narrowed) return <p className="faint">Nothing was changed yet.</p>;
  return (
    <p className="faint">
      No change is like this.{" "}
      <Link to="/system/audit" search={{}} className="link">
        Show all
      </Link>
    </p>
  );
}

function Events({ events, onSet }: { events: AuditEvent[]; onSet: (part: Partial<AuditSearch>) => void }) {
  return (
    <div className="scroll-x" tabIndex={0} role="region" aria-label="Changes">
      <table className="table audit">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">Did</th>
            <th scope="col">To what</th>
            <th scope="col">Details</th>
          </tr>
        </thead>
        <tbody>
          {events.map((event) => (
            <tr key={event.id} title={`request ${event.request_id}`}>
              <td className="soft">{event.at && <Ago at={event.at} />}</td>
              <td>
                <Narrow words={event.actor} about="by" onPress={() => onSet({ actor: event.actor })} />
              </td>
              <td>
                <Narrow words={event.action} about="like" onPress={() => onSet({ action: event.action })} />
              </td>
              <td className="mono target">{event.target}</td>
              <td className="soft details">{told(event.detail)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Narrow({ words, about, onPress }: { words: string; about: string; onPress: () => void }) {
  if (words === "") return <span className="faint">nobody logged in</span>;
  return (
    <button type="button" className="plain" title={`Only changes ${about} ${words}`} onClick={onPress}>
      {words}
    </button>
  );
}
