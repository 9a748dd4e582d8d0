import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Lineage, Named, NamedNode } from "../api/artifacts";
import { Some } from "../catalog/Lineage";
import { spaceOf } from "../catalog/search";
import { PlaceLink } from "./Place";
import { aloneWords } from "./search";

// Where it came from, and what came of it: as far as Husk knows. What code reads within its flow is not noted.
export function ArtifactLineage({ found }: { found: Lineage }) {
  const { artifact, upstream, downstream } = found;
  const inFlow = artifact.flow_kind === "flow";
  return (
    <section className="stack small-gap">
      <h2>Lineage</h2>
      <div className="lineage">
        <Side title="Made by"><Maker found={found} /></Side>
        <Side title="Made from">
          <Some of={found.read_from_catalog} none={upstream.length > 0 ? "" : "Nothing that Husk knows of."} show={(one) => <Entry one={one} />} />
          {upstream.length > 0 && <Nodes words="tables of" nodes={upstream} flow={artifact.flow_id} />}
        </Side>
        <Side title="Read by">
          {downstream.length > 0 ? (
            <Nodes words="seen by" nodes={downstream} flow={artifact.flow_id} />
          ) : (
            <p className="faint">{inFlow ? "No node comes after its own." : "Any cell of the same place."}</p>
          )}
        </Side>
        <Side title="Became part of">
          <Some of={found.made_from_it} none="Nothing in the catalog yet." show={(one) => <Entry one={one} />} />
        </Side>
      </div>
    </section>
  );
}

function Maker({ found: { artifact, flow_version: version, kernel_name: kernel } }: { found: Lineage }) {
  return (
    <dl className="facts-two">
      <dt>Of</dt><dd><PlaceLink artifact={artifact} />{version !== null && <span className="faint"> version {version}</span>}</dd>
      <dt>Node</dt>
      <dd>
        {artifact.node_name} <span className="mono faint">{artifact.node_id || "none"}</span>
      </dd>
      <dt>Run</dt>
      <dd>
        {artifact.run_id ? (
          <Link to="/runs/$id" params={{ id: artifact.run_id }} className="link mono">{artifact.run_id}</Link>
        ) : (
          <span className="faint">{aloneWords(artifact.scope)}</span>
        )}
      </dd>
      <dt>Execution</dt>
      <dd className="mono cut" title={artifact.execution_id}>{artifact.execution_id}</dd>
      <dt>Kernel</dt>
      <dd>
        {kernel ? (
          <Link to="/kernels/$id" params={{ id: artifact.kernel_id }} className="link">{kernel}</Link>
        ) : (
          <span className="faint">{artifact.kernel_id}, gone</span>
        )}
      </dd>
    </dl>
  );
}

function Side({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <h3>{title}</h3>
      {children}
    </div>
  );
}

function Nodes({ words, nodes, flow }: { words: string; nodes: NamedNode[]; flow: string }) {
  return (
    <Some
      of={nodes} none=""
      show={(one) => (
        <>
          <span className="faint">{words} </span>
          <Link to="/flows/$id" params={{ id: flow }} search={{ node: one.node_id }} className="link">{one.name}</Link>
        </>
      )}
    />
  );
}

function Entry({ one }: { one: Named }) {
  const { namespace, name, version } = one;
  return (
    <Link to="/catalog/$name" params={{ name }} search={{ ...spaceOf({ namespace }), version }} className="link mono">
      {namespace}::{name}@{version}
    </Link>
  );
}
