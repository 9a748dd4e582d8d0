import { Ellipsis, RotateCcw, Scissors, Trash2 } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import { promote, removeName, removeVersion, type Place, type Version } from "../api/catalog";
import { queryClient } from "../app/queries";
import { Button, IconButton } from "../parts/Button";
import { Confirm } from "../parts/Confirm";
import { Failure } from "../parts/Notice";
import { size } from "../words/sizes";
import { PruneSheet } from "./PruneSheet";

type Asking = "version" | "name" | "prune" | null;
interface Props { place: Place; found: Version; onGone: (whole: boolean) => void }

export function EntryActions({ place, found, onGone }: Props) {
  const [asking, setAsking] = useState<Asking>(null);
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const act = async (what: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    setError(null);
    try {
      await what();
      return true;
    } catch (failure) {
      setError(failure);
      return false;
    } finally {
      setBusy(false);
      void queryClient.invalidateQueries({ queryKey: ["catalog"] });
    }
  };
  const again = async (): Promise<void> => {
    if (await act(() => promote(place, found.version))) onGone(false);
  };
  const remove = async (whole: boolean): Promise<void> => {
    const done = await act(() => (whole ? removeName(place) : removeVersion(place, found.version, found.is_latest)));
    if (!done) return;
    setAsking(null);
    onGone(whole);
  };
  return (
    <>
      {!found.is_latest && !found.damaged && (
        <Button icon={RotateCcw} busy={busy && asking === null} onClick={() => void again()}>
          Promote to latest
        </Button>
      )}
      <Menu onAsk={(what) => (setError(null), setAsking(what))} />
      {asking === null && <Failure error={error} />}
      <DeleteVersion open={asking === "version"} {...{ found, error, busy }} onClose={() => setAsking(null)} onConfirm={() => void remove(false)} />
      {asking === "prune" && <PruneSheet namespace={place.namespace} name={place.name} onClose={() => setAsking(null)} />}
      <Confirm
        open={asking === "name"} title={`Delete all versions of ${place.name}?`} verb="Delete all versions" {...{ error, busy }}
        onClose={() => setAsking(null)} onConfirm={() => void remove(true)}
      >
        Code that reads {place.name} gets a KeyError from then on, whichever version it names. Flows, their outputs and local
        artifacts stay.
      </Confirm>
    </>
  );
}

function Menu({ onAsk }: { onAsk: (what: "version" | "name" | "prune") => void }) {
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild>
        <IconButton icon={Ellipsis} label="More about this artifact" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
          <DropdownMenu.Item onSelect={() => onAsk("prune")}>
            <Scissors className="icon" aria-hidden /> Prune old versions…
          </DropdownMenu.Item>
          <DropdownMenu.Item className="danger" onSelect={() => onAsk("version")}>
            <Trash2 className="icon" aria-hidden /> Delete this version…
          </DropdownMenu.Item>
          <DropdownMenu.Item className="danger" onSelect={() => onAsk("name")}>
            <Trash2 className="icon" aria-hidden /> Delete all versions…
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

interface DeleteProps { open: boolean; found: Version; error: unknown; busy: boolean; onClose: () => void; onConfirm: () => void }

// The latest is what code reads that names no version: to delete it takes one more yes.
function DeleteVersion({ open, found, error, busy, onClose, onConfirm }: DeleteProps) {
  const [sure, setSure] = useState(false);
  const what = `Version ${found.version}, ${size(found.size)}, goes for good; its number is not used again.`;
  return (
    <Confirm
      open={open} title={`Delete version ${found.version}?`} verb="Delete version" {...{ error, busy }}
      disabled={found.is_latest && !sure} onClose={() => (setSure(false), onClose())} onConfirm={onConfirm}
    >
      <p>{what} Other versions stay.</p>
      {found.is_latest && (
        <label className="row check guard">
          <input type="checkbox" checked={sure} onChange={(event) => setSure(event.target.checked)} />
          It is the latest: code that names no version gets the one before, or a KeyError
        </label>
      )}
    </Confirm>
  );
}
