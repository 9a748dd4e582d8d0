import { CircleAlert, CloudOff, Save } from "lucide-react";
import { Button } from "../parts/Button";
import { Ago } from "../parts/Ago";
import { useSaving, type SavedDocument } from "../notebook/documents/saved";

// Whether what is on the page is on the server.
export function SaveState({ document }: { document: SavedDocument }) {
  const saving = useSaving(document);
  return (
    <span className="save-state row faint" role="status">
      {saving.state === "saved" && (saving.at === null ? "As saved" : <>Saved <Ago at={new Date(saving.at).toISOString()} /></>)}
      {saving.state === "saved" && saving.merged && " with what was changed elsewhere"}
      {saving.state === "dirty" && "Not saved yet"}
      {saving.state === "saving" && "Saving…"}
      {saving.state === "waiting" && <><CloudOff className="icon tone-amber" aria-hidden /> Not saved; kept in this browser</>}
      {(saving.state === "refused" || saving.state === "clash" || saving.state === "gone") && <><CircleAlert className="icon tone-red" aria-hidden /> Not saved</>}
    </span>
  );
}

// For what does not save itself.
export function SaveButton({ document }: { document: SavedDocument }) {
  const { state } = useSaving(document);
  const can = state === "dirty" || state === "waiting" || state === "refused";
  return (
    <Button small kind={can ? "primary" : "quiet"} icon={Save} busy={state === "saving"} disabled={!can} onClick={() => void document.save()}>
      Save
    </Button>
  );
}
