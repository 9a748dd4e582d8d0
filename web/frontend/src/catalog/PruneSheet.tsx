import { useQuery } from "@tanstack/react-query";
import { useId, useState } from "react";
import { namespaces, prune, type PruneWanted, type Pruned } from "../api/catalog";
import { queryClient } from "../app/queries";
import { Ago } from "../parts/Ago";
import { Button } from "../parts/Button";
import { Failure, Notice } from "../parts/Notice";
import { Sheet } from "../parts/Sheet";
import { count, counted, size } from "../words/sizes";
import { prunedWords, wantedBy, type PruneForm } from "./pruning";
import { spaceOf } from "./search";

interface Props { namespace?: string | undefined; name?: string; onClose: () => void }

// Says first which versions would go, and how many bytes; then does it.
export function PruneSheet({ namespace = "", name = "", onClose }: Props) {
  const [form, setForm] = useState<PruneForm>({ keep: "3", days: "", namespace, name });
  const [done, setDone] = useState<{ count: number; size: number } | null>(null);
  const wanted = wantedBy(form);
  return (
    <Sheet
      open wide onClose={onClose} title="Prune old versions"
      about={name ? `Of ${name}: the newest versions stay, older ones go.` : "Of each name the newest versions stay, older ones go."}
    >
      <div className="content">
        <Fields {...{ form, named: name !== "" }} onForm={(part) => (setForm({ ...form, ...part }), setDone(null))} />
        {wanted === null && <p className="faint">Say how many versions stay of each name: 1 or more.</p>}
        {done && <Notice tone="blue">{counted(done.count, "version")} deleted, {size(done.size)}. Their bytes are removed from the store soon.</Notice>}
        {wanted && !done && <Plan key={JSON.stringify(wanted)} wanted={wanted} onDone={setDone} />}
      </div>
      <footer>
        <div className="row"><Button onClick={onClose}>Close</Button></div>
      </footer>
    </Sheet>
  );
}

interface FieldsProps { form: PruneForm; named: boolean; onForm: (part: Partial<PruneForm>) => void }

function Fields({ form, named, onForm }: FieldsProps) {
  const { data } = useQuery({ queryKey: ["catalog", "namespaces"], queryFn: namespaces, staleTime: 0 });
  const spaces = [...new Set([...(data?.items ?? []), ...(form.namespace ? [form.namespace] : [])])];
  const id = useId();
  return (
    <div className="prune-fields">
      <div className="field">
        <label htmlFor={`${id}-keep`}>Newest that stay, of each name</label>
        <input
          id={`${id}-keep`} className="input" type="number" min={1} step={1} value={form.keep}
          onChange={(event) => onForm({ keep: event.target.value })}
        />
      </div>
      <div className="field">
        <label htmlFor={`${id}-days`}>Only older than, days</label>
        <input
          id={`${id}-days`} className="input" type="number" min={0} step="any" placeholder="any age" value={form.days}
          onChange={(event) => onForm({ days: event.target.value })}
        />
      </div>
      {!named && spaces.length > 1 && (
        <div className="field">
          <label htmlFor={`${id}-space`}>Namespace</label>
          <select id={`${id}-space`} className="input" value={form.namespace} onChange={(event) => onForm({ namespace: event.target.value })}>
            <option value="">all namespaces</option>
            {spaces.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </div>
      )}
    </div>
  );
}

const SHOWN = 100;

function Plan({ wanted, onDone }: { wanted: PruneWanted; onDone: (done: { count: number; size: number }) => void }) {
  const { data, error, refetch } = useQuery({
    queryKey: ["catalog", "prunable", wanted], queryFn: () => prune(wanted, false), staleTime: 0,
  });
  const [failure, setFailure] = useState<unknown>(null);
  const [gone, setGone] = useState<number | null>(null);
  const go = async (plan: Pruned): Promise<void> => {
    setFailure(null);
    setGone(0);
    try {
      await inSteps(wanted, setGone);
      onDone(plan);
    } catch (problem) {
      setFailure(problem);
      void refetch();
    } finally {
      setGone(null);
      void queryClient.invalidateQueries({ queryKey: ["catalog"] });
    }
  };
  if (error) return <Failure error={error} actions={<Button onClick={() => void refetch()}>Try again</Button>} />;
  if (!data) return <div className="skeleton preview-wait" role="status" aria-busy="true" aria-label="Looking what would go" />;
  if (data.count === 0) return <p className="soft" role="status">Nothing would go: every name has that few versions, or they are younger.</p>;
  return (
    <section className="stack small-gap" aria-label="What would go">
      <p role="status"><strong>{prunedWords(data)}</strong> would go. Code that names one of them gets a KeyError; the newest of each name stay.</p>
      <Versions plan={data} />
      <Failure error={failure} />
      <div className="row">
        <Button kind="danger solid" busy={gone !== null} onClick={() => void go(data)}>Delete {counted(data.count, "version")}</Button>
        {gone !== null && <span className="soft num" role="status">{count(gone)} of {count(data.count)}</span>}
      </div>
    </section>
  );
}

// The server takes a thousand at once.
async function inSteps(wanted: PruneWanted, told: (gone: number) => void): Promise<void> {
  for (let gone = 0; ; ) {
    const step = await prune(wanted, true);
    gone += step.versions.length;
    told(gone);
    if (step.left === 0 || step.versions.length === 0) return;
  }
}

function Versions({ plan }: { plan: Pruned }) {
  return (
    <div className="scroll-x prunable" tabIndex={0} role="region" aria-label="Versions that would go">
      <table className="table">
        <thead>
          <tr><th scope="col">Name</th><th scope="col">Version</th><th scope="col">Size</th><th scope="col">Published</th></tr>
        </thead>
        <tbody>
          {plan.versions.slice(0, SHOWN).map((one) => (
            <tr key={one.id}>
              <td className="cut">{spaceOf(one).namespace && <span className="faint">{one.namespace}::</span>}{one.name}</td>
              <td className="num">{one.version}</td>
              <td className="num soft">{size(one.size)}</td>
              <td className="soft">{one.created_at && <Ago at={one.created_at} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {plan.count > SHOWN && <p className="faint">and {count(plan.count - Math.min(SHOWN, plan.versions.length))} more</p>}
    </div>
  );
}
