import type { FlowDocument } from "../../api/flows";
import { ChooseFile } from "../ChooseFile";
import { readFile } from "../importing";

interface Props { onRead: (document: FlowDocument) => void; onError: (error: unknown) => void }

// A file in the place of what is here; undo takes it back.
export function ImportInto({ onRead, onError }: Props) {
  return (
    <ChooseFile
      small text="Replace it by a file (flow.yaml, flow.json)" label="File to be put in its place" onError={onError}
      take={async (file) => onRead(await readFile(file))}
    />
  );
}
