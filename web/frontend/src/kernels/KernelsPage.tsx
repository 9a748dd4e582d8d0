import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import type { Kernel } from "../api/types";
import { useRole } from "../app/queries";
import { Button } from "../parts/Button";
import { Failure } from "../parts/Notice";
import { useTitle } from "../parts/useTitle";
import { counted } from "../words/sizes";
import "../styles/kernels.css";
import { fresh } from "./draft";
import { EmptyKernels } from "./EmptyKernels";
import type { Opened } from "./KernelActions";
import { KernelCard } from "./KernelCard";
import { KernelDialogs } from "./KernelDialogs";
import { CreateSheet } from "./KernelSheets";
import { isUp } from "./states";
import { kernelsQuery } from "./useKernels";

// With this few one sees them all.
const SEARCH_FROM = 7;

export function KernelsPage() {
  useTitle("Kernels");
  const { data, error, refetch } = useQuery(kernelsQuery);
  const [creating, setCreating] = useState(false);
  const [opened, setOpened] = useState<{ uid: string; what: Opened } | null>(null);
  const [search, setSearch] = useState("");
  const makes = useRole() !== "viewer";
  const kernels = data?.items ?? [];
  const subject = kernels.find((one) => one.uid === opened?.uid);
  return (
    <div className="page">
      <div className="page-head">
        <h1>Kernels</h1>
        <span className="faint grow">{summary(kernels)}</span>
        {kernels.length >= SEARCH_FROM && (
          <input
            className="input find" type="search" placeholder="Find by name or id" aria-label="Find by name or id"
            value={search} onChange={(event) => setSearch(event.target.value)}
          />
        )}
        {makes && (
          <Button kind="primary" icon={Plus} onClick={() => setCreating(true)}>
            New kernel
          </Button>
        )}
      </div>
      <Failure error={error} actions={<Button onClick={() => void refetch()}>Try again</Button>} />
      {!data && !error && <Waiting />}
      {data && kernels.length === 0 && <EmptyKernels onCreate={makes ? () => setCreating(true) : null} />}
      <ul className="cards" aria-label="Kernels">
        {matching(kernels, search).map((kernel) => (
          <li key={kernel.uid}>
            <KernelCard kernel={kernel} onOpen={(what) => setOpened({ uid: kernel.uid, what })} />
          </li>
        ))}
      </ul>
      {creating && (
        <CreateSheet
          start={fresh(kernels.map((one) => one.id))} title="New kernel" onClose={() => setCreating(false)}
        />
      )}
      {opened && subject && <KernelDialogs kernel={subject} what={opened.what} onClose={() => setOpened(null)} />}
    </div>
  );
}

function matching(kernels: Kernel[], search: string): Kernel[] {
  const wanted = search.trim().toLowerCase();
  return kernels.filter((one) => `${one.name} ${one.id}`.toLowerCase().includes(wanted));
}

function summary(kernels: Kernel[]): string {
  if (kernels.length === 0) return "";
  const up = kernels.filter((one) => isUp(one.state)).length;
  return `${counted(kernels.length, "kernel")}, ${up} up`;
}

function Waiting() {
  return (
    <div className="cards" role="status" aria-busy="true" aria-label="Loading kernels">
      <div className="skeleton card-size" />
      <div className="skeleton card-size" />
    </div>
  );
}
