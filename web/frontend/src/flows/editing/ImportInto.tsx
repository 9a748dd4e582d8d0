import { Upload } from "lucide-react";
import { useRef, useState } from "react";
import type { FlowDocument } from "../../api/flows";
import { IconButton } from "../../parts/Button";
import { readFile } from "../importing";

interface Props { onRead: (document: FlowDocument) => void; onError: (error: unknown) => void }

// A file in the place of what is here; undo takes it back.
export function ImportInto({ onRead, onError }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const take = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    setBusy(true);
    onError(null);
    try {
      onRead(await readFile(file));
    } catch (error) {
      onError(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <input
        ref={input} type="file" hidden accept=".json,.yaml,.yml" aria-label="File to be put in its place"
        onChange={(event) => {
          void take(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
      <IconButton icon={Upload} label="Replace it by a file (flow.yaml, flow.json)" busy={busy} onClick={() => input.current?.click()} />
    </>
  );
}
