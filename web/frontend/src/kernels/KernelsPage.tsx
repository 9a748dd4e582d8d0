import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
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
import { KernelCard } from "./KernelCard";
import { KernelDialogs } from "./KernelDialogs";
import { CreateSheet } from "./KernelSheets";
import type { KernelsSearch } from "./search";
import { isUp } from "./states";
import { kernelsQuery } from "./useKernels";

// With this few one sees them all.
const SEARCH_FROM = 7;

export function KernelsPage() {
  useTitle("Kernels");
  const { data, error, refetch } = useQuery(kernelsQuery);
  const navigate = useNavigate();
  const show = (wanted: KernelsSearch): void => void navigate({ to: "/kernels", search: wanted, replace: true });
  const create = (): void => show({ new: true });
  const [search, setSearch] = useState("");
  const makes = useRole() !== "viewer";
  const kernels = data?.items ?? [];
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
          <Button kind="primary" icon={Plus} onClick={create}>
            New kernel
          </Button>
        )}
      </div>
      <Failure error={error} actions={<Button onClick={() => void refetch()}>Try again</Button>} />
      {!data && !error && <Waiting />}
      {data && kernels.length === 0 && <EmptyKernels onCreate={makes ? create : null} />}
      <ul className="cards" aria-label="Kernels">
        {matching(kernels, search).map((kernel) => (
          <li key={kernel.uid}>
            <KernelCard kernel={kernel} onOpen={(what) => show({ kernel: kernel.uid, sheet: what })} />
          </li>
        ))}
      </ul>
      {data && <Opened kernels={kernels} creates={makes} onClose={() => show({})} />}
    </div>
  );
}

// The address says what is open.
function Opened({ kernels, creates, onClose }: { kernels: Kernel[]; creates: boolean; onClose: () => void }) {
  const { new: creating, kernel: ref, sheet } = useSearch({ from: "/inside/kernels" });
  if (creating) return creates ? <CreateSheet start={fresh(kernels.map((one) => one.id))} title="New kernel" onClose={onClose} /> : null;
  const subject = kernels.find((one) => one.uid === ref || one.id === ref);
  if (sheet === undefined || !subject) return null;
  return <KernelDialogs key={subject.uid} kernel={subject} what={sheet} onClose={onClose} />;
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
