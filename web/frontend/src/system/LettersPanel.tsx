import { useInfiniteQuery } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { deadLetters, discardLetter, discardLetters, type Letter } from "../api/figures";
import { queryClient } from "../app/queries";
import { Ago } from "../parts/Ago";
import { Button } from "../parts/Button";
import { Confirm } from "../parts/Confirm";
import { Failure } from "../parts/Notice";
import { useTitle } from "../parts/useTitle";
import { counted, size } from "../words/sizes";

const KEY = ["dead-letters"];

export function LettersPanel() {
  useTitle("Dead letters");
  const { data, error, fetchNextPage, hasNextPage, isFetching } = useInfiniteQuery({
    queryKey: KEY,
    queryFn: ({ pageParam }) => deadLetters(pageParam),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    staleTime: 0,
  });
  const [asking, setAsking] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const discard = async (what: () => Promise<unknown>): Promise<void> => {
    setFailure(null);
    setAsking(false);
    await what().catch(setFailure);
    await queryClient.invalidateQueries({ queryKey: KEY });
    void queryClient.invalidateQueries({ queryKey: ["figures"] });
  };
  const letters = data?.pages.flatMap((page) => page.items) ?? [];
  const total = data?.pages.at(-1)?.total ?? 0;
  return (
    <section className="stack">
      <div className="row spread">
        <h1>Dead letters</h1>
        {total > 0 && (
          <Button kind="danger" icon={Trash2} onClick={() => setAsking(true)}>
            Discard all
          </Button>
        )}
      </div>
      <p className="soft">
        What lay in a kernel's queue and nobody could read. There is nothing to try again in it: a cell or node that waits is
        kept in the ledger, and was put back into its queue by itself.
      </p>
      <Failure error={error ?? failure} />
      {data && letters.length === 0 && <p className="faint">There are none: every message could be read.</p>}
      <ul className="letters stack">
        {letters.map((letter) => (
          <LetterRow key={letter.id} letter={letter} onDiscard={() => void discard(() => discardLetter(letter.id))} />
        ))}
      </ul>
      {hasNextPage && (
        <div>
          <Button busy={isFetching} onClick={() => void fetchNextPage()}>
            Older ones
          </Button>
        </div>
      )}
      <Confirm
        open={asking} onClose={() => setAsking(false)} title={`Discard ${counted(total, "dead letter")}?`} verb="Discard all"
        onConfirm={() => void discard(discardLetters)}
      >
        They are gone for good. No cell and no run is touched by it.
      </Confirm>
    </section>
  );
}

function LetterRow({ letter, onDiscard }: { letter: Letter; onDiscard: () => void }) {
  return (
    <li className="letter">
      <div className="row spread">
        <span className="row wrap">
          <strong className="mono">{letter.queue ?? "queue not known"}</strong>
          {letter.at !== null && (
            <span className="faint">
              <Ago at={letter.at} />
            </span>
          )}
          <span className="faint">{size(letter.size)}</span>
        </span>
        <Button small icon={Trash2} onClick={onDiscard}>
          Discard
        </Button>
      </div>
      <p className="soft">Not read: {letter.reason}.</p>
      <pre className="log mono" tabIndex={0}>
        {letter.text}
      </pre>
    </li>
  );
}
