import { useNavigate } from "@tanstack/react-router";
import { Plus, Upload } from "lucide-react";
import { useRef, useState } from "react";
import { createFlow } from "../api/flows";
import { queryClient } from "../app/queries";
import { Button } from "../parts/Button";
import { importFile } from "./importing";

interface Props { onError: (error: unknown) => void }

export function ImportButton({ onError }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const take = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    setBusy(true);
    onError(null);
    try {
      const made = await importFile(file);
      await queryClient.invalidateQueries({ queryKey: ["flows"] });
      await navigate({ to: "/flows/$id", params: { id: made.id } });
    } catch (error) {
      onError(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <input
        ref={input} type="file" hidden accept=".json,.yaml,.yml" aria-label="File of a flow"
        onChange={(event) => {
          void take(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
      <Button icon={Upload} busy={busy} onClick={() => input.current?.click()}>Import a flow</Button>
    </>
  );
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
