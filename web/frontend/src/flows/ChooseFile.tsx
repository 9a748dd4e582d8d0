import { Upload } from "lucide-react";
import { useRef, useState } from "react";
import { Button, IconButton } from "../parts/Button";

interface Props {
  label: string;
  take: (file: File) => Promise<unknown>;
  onError: (error: unknown) => void;
  text: string;
  // In a bar of icons.
  small?: boolean;
}

// Asks for a file of a flow, and gives it to `take`.
export function ChooseFile({ label, take, onError, text, small }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const chosen = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    setBusy(true);
    onError(null);
    try {
      await take(file);
    } catch (error) {
      onError(error);
    } finally {
      setBusy(false);
    }
  };
  const choose = (): void => input.current?.click();
  return (
    <>
      <input
        ref={input} type="file" hidden accept=".json,.yaml,.yml" aria-label={label}
        onChange={(event) => {
          void chosen(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
      {small ? <IconButton icon={Upload} label={text} busy={busy} onClick={choose} /> : <Button icon={Upload} busy={busy} onClick={choose}>{text}</Button>}
    </>
  );
}
