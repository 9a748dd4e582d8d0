import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { Download, Minimize2 } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useMemo, useState } from "react";
import { flow as askFlow, type Flow } from "../api/flows";
import { ApiError } from "../api/client";
import { nodeFile } from "../api/notebooks";
import { NotThere } from "../app/Trouble";
import { queryClient } from "../app/queries";
import { KernelMemory } from "../kernels/KernelMemory";
import { Button, IconButton } from "../parts/Button";
import { Failure } from "../parts/Notice";
import { useTitle } from "../parts/useTitle";
import { SavedDocument, useNamed } from "../notebook/documents/saved";
import { nodeSource, savedNode } from "../notebook/documents/sources";
import { ofNode } from "../notebook/recordings";
import { DocumentView } from "./DocumentView";
import { SaveButton, SaveState } from "./SaveState";

// The cells of a Python Script node, on the whole page.
export function NodePage() {
  const { id, node } = useParams({ from: "/inside/flows/$id/nodes/$node" });
  const { data, error, refetch, isFetchedAfterMount } = useQuery({ queryKey: ["flow-of-node", id], queryFn: () => load(id), staleTime: 0 });
  const isScript = data?.nodes.some((one) => one.id === node && one.type === "python_script") ?? false;
  // What was here before may be an older version.
  const flow = isFetchedAfterMount ? data : undefined;
  if ((error instanceof ApiError && error.status === 404) || (flow && !isScript)) return <NotThere />;
  if (flow) return <Opened key={`${id} ${node}`} first={flow} node={node} />;
  return (
    <div className="page">
      <Failure error={error} actions={<Button onClick={() => void refetch()}>Try again</Button>} />
      {!error && <div className="skeleton list-wait" role="status" aria-busy="true" aria-label="Loading the node" />}
    </div>
  );
}

// The breadcrumbs know the flow's name from here.
async function load(id: string): Promise<Flow> {
  const found = await askFlow(id);
  queryClient.setQueryData(["flow", id, "newest"], found);
  return found;
}

function Opened({ first, node }: { first: Flow; node: string }) {
  const flow = first.id;
  const [document] = useState(() => {
    const source = nodeSource(first, node);
    const save: typeof source.save = async (...given) => {
      const saved = await source.save(...given);
      void queryClient.invalidateQueries({ queryKey: ["flow", flow] });
      return saved;
    };
    return new SavedDocument({ ...source, save }, savedNode(first, node));
  });
  const recording = useMemo(() => (kernel: string | null) => ofNode(flow, node, kernel), [flow, node]);
  const { name } = useNamed(document);
  useTitle(`${name || node}, ${first.name}`);
  return (
    <DocumentView
      {...{ document, recording, flow, node }} head={<Head {...{ document, flow, node }} flowName={first.name} />}
      menu={
        <>
          <DropdownMenu.Item asChild>
            <a href={nodeFile(flow, node)} download={`${name || node}.ipynb`}><Download className="icon" aria-hidden /> Download .ipynb, as saved</a>
          </DropdownMenu.Item>
          <div className="rule" />
        </>
      }
    />
  );
}

function Head({ document, flow, node, flowName }: { document: SavedDocument; flow: string; node: string; flowName: string }) {
  const { name, kernel } = useNamed(document);
  const navigate = useNavigate();
  return (
    <div className="kernel-head">
      <h1 className="cut">{name || node}</h1>
      <span className="soft">
        Python Script of <Link to="/flows/$id" params={{ id: flow }} search={{ node }} className="link">{flowName}</Link>
      </span>
      <span className="grow" />
      <KernelMemory id={kernel} />
      <SaveState document={document} />
      <SaveButton document={document} />
      <IconButton
        small icon={Minimize2} label="Back to the flow" onClick={() => void navigate({ to: "/flows/$id", params: { id: flow }, search: { node } })}
      />
    </div>
  );
}
