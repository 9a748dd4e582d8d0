import { useQuery } from "@tanstack/react-query";
import { Download, FoldVertical } from "lucide-react";
import { useState } from "react";
import { url } from "../../api/client";
import type { Truncated } from "../../live/events";
import { Button } from "../../parts/Button";
import { Failure } from "../../parts/Notice";
import { size } from "../../words/sizes";
import { TextBuffer } from "../runs/text";
import { objectBytes, objectPath } from "./content";
import { FoldButton, Unfolded } from "./TextOutput";

// More than this is for a program to read.
const MOST_BYTES = 32_000_000;

// What a cell wrote beyond what is kept with its other output: it stands in an object of its own.
export function Lost({ run, lost }: { run: string; lost: Truncated }) {
  const [open, setOpen] = useState(false);
  const { full } = lost;
  if (open && full) return <Whole run={run} full={full} name={lost.name} onFold={() => setOpen(false)} />;
  return (
    <p className="faint output-skipped row wrap">
      {size(lost.kept_bytes)} of {size(lost.total_bytes)} of {lost.name} are kept here.
      {full && lost.total_bytes <= MOST_BYTES && (
        <Button small icon={FoldVertical} onClick={() => setOpen(true)}>Load all</Button>
      )}
      {full && (
        <a className="link row" href={url(objectPath(run, full))} download>
          <Download className="icon" aria-hidden /> Download all of it
        </a>
      )}
    </p>
  );
}

function Whole({ run, full, name, onFold }: { run: string; full: string; name: string; onFold: () => void }) {
  const { data, error } = useQuery({
    queryKey: ["whole-text", run, full],
    queryFn: async () => {
      const made = new TextBuffer(false);
      made.append(await (await objectBytes(run, full)).text(), name === "stderr");
      return made;
    },
    gcTime: 0,
    staleTime: Infinity,
    structuralSharing: false,
  });
  if (error) return <Failure error={error} />;
  if (!data) return <div className="skeleton text-wait" role="status" aria-busy="true" aria-label={`Loading all of ${name}`} />;
  return <Unfolded text={data} fold={<FoldButton onFold={onFold} />} />;
}
