import { useState } from "react";
import { remove, type Artifact, type Where } from "../api/artifacts";
import { queryClient } from "../app/queries";
import { Confirm } from "../parts/Confirm";
import { size } from "../words/sizes";
import { placeWords } from "./search";

interface Props { where: Where; artifact: Artifact; onClose: () => void; onGone: () => void }

export function DeleteArtifact({ where, artifact, onClose, onGone }: Props) {
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const go = async (): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      await remove(where);
    } catch (failure) {
      setError(failure);
      setBusy(false);
      return;
    }
    onGone();
    void queryClient.invalidateQueries({ queryKey: ["artifacts"] });
  };
  return (
    <Confirm open title={`Delete ${artifact.name}?`} verb="Delete artifact" {...{ busy, error, onClose }} onConfirm={() => void go()}>
      <p>
        What goes: the artifact, {size(artifact.size)}. Cells and coming runs of {placeWords(artifact)} get a KeyError for its name,
        and any node may publish it again.
      </p>
      <p>What stays: past runs keep what they had, the catalog keeps what was published from it, variables stay as they are.</p>
    </Confirm>
  );
}
