import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { createNotebook } from "../api/notebooks";
import { queryClient } from "../app/queries";
import { useSaving, type SavedDocument } from "../notebook/documents/saved";
import { Button } from "../parts/Button";
import { Failure, Notice } from "../parts/Notice";

// What keeps cells from being saved, what was kept, and what to do.
export function SaveNotices({ document, what }: { document: SavedDocument; what: "notebook" | "node" }) {
  const saving = useSaving(document);
  switch (saving.state) {
    case "clash":
      return <Clash document={document} cells={saving.cells} />;
    case "gone":
      return <Gone document={document} what={what} />;
    case "refused":
      return <Failure error={saving.error} actions={<Button small onClick={() => void document.save()}>Save again</Button>} />;
    case "waiting":
      return (
        <Notice tone="amber" inline actions={<Button small onClick={() => void document.save()}>Try now</Button>}>
          Not saved: Husk did not answer. It is tried again by itself; until then this browser keeps what you changed.
        </Notice>
      );
    default:
      return null;
  }
}

function Clash({ document, cells }: { document: SavedDocument; cells: string[] }) {
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const decide = (mine: boolean): void => {
    setBusy(true);
    setError(null);
    document.decide(mine).catch(setError).finally(() => setBusy(false));
  };
  const numbers = cells.map((id) => document.current.cells.findIndex((cell) => cell.id === id) + 1).filter((one) => one > 0).map(String);
  return (
    <Notice
      tone="amber"
      actions={
        <>
          <Button small busy={busy} onClick={() => decide(true)}>Keep mine</Button>
          <Button small busy={busy} onClick={() => decide(false)}>Take theirs</Button>
        </>
      }
    >
      Changed elsewhere since you began: {numbers.length === 1 ? "cell" : "cells"} {numbers.join(", ")}, which you changed, too. Nothing of
      yours is saved until you choose. What is not taken stays: theirs among the versions, yours in this browser’s undo.
      <Failure error={error} />
    </Notice>
  );
}

function Gone({ document, what }: { document: SavedDocument; what: "notebook" | "node" }) {
  const navigate = useNavigate();
  const [error, setError] = useState<unknown>(null);
  const keep = async (): Promise<void> => {
    try {
      const { name, kernel, cells } = document.mine;
      const made = await createNotebook({ name, kernel, cells: cells.map(({ id, kind, code, kept }) => ({ id, kind, source: code, outputs: kept && [...kept] })) });
      document.deleted();
      void queryClient.invalidateQueries({ queryKey: ["notebooks"] });
      await navigate({ to: "/notebooks/$id", params: { id: made.id } });
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <Notice tone="red" actions={<Button small onClick={() => void keep()}>Keep these cells as a new notebook</Button>}>
      {what === "notebook" ? "This notebook was deleted." : "This node is not in its flow any more."} What is on the page is not saved.
      <Failure error={error} />
    </Notice>
  );
}
