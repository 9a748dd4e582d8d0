import { useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { createFlow } from "../api/flows";
import { queryClient } from "../app/queries";
import { Button } from "../parts/Button";
import { ChooseFile } from "./ChooseFile";
import { importFile } from "./importing";

interface Props { onError: (error: unknown) => void }

export function ImportButton({ onError }: Props) {
  const navigate = useNavigate();
  const take = async (file: File): Promise<void> => {
    const made = await importFile(file);
    await queryClient.invalidateQueries({ queryKey: ["flows"] });
    await navigate({ to: "/flows/$id", params: { id: made.id } });
  };
  return <ChooseFile text="Import a flow" label="File of a flow" onError={onError} take={take} />;
}

// Its first version is empty: the editor goes on with it.
export function NewButton({ onError }: Props) {
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const make = async (): Promise<void> => {
    setBusy(true);
    onError(null);
    try {
      const made = await createFlow({ name: "Untitled flow", nodes: [], connections: [], parameters: {}, default_kernel: null });
      void queryClient.invalidateQueries({ queryKey: ["flows"] });
      await navigate({ to: "/flows/$id", params: { id: made.id }, search: { edit: true } });
    } catch (error) {
      onError(error);
    } finally {
      setBusy(false);
    }
  };
  return <Button kind="primary" icon={Plus} busy={busy} onClick={() => void make()}>New flow</Button>;
}
