import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { flowNamed, type Version } from "../api/catalog";
import { Ago } from "../parts/Ago";
import { count } from "../words/sizes";
import { referenceIn, spaceOf } from "./search";

const MOST = 20;

// Where it came from, and what came of it.
export function Lineage({ found }: { found: Version }) {
  const { producer, inputs, readers, made_from_it: made } = found;
  return (
    <section className="stack small-gap">
      <h2>Lineage</h2>
      <div className="lineage">
        <Side title="Made by">
          <dl className="facts-two">
            <dt>Flow</dt><dd><FlowName id={producer.flow_id} version={producer.flow_version} /></dd>
            <dt>Node</dt><dd className="mono">{producer.node_id || "none"}</dd>
            <dt>Run</dt>
            <dd>
              {producer.run_id ? (
                <Link to="/runs/$id" params={{ id: producer.run_id }} className="link mono">{producer.run_id}</Link>
              ) : (
                <span className="faint">of its node alone</span>
              )}
            </dd>
            <dt>Execution</dt><dd className="mono cut" title={producer.execution_id}>{producer.execution_id}</dd>
            <dt>Code</dt><dd className="mono cut" title={`SHA-256 ${producer.code_sha256}`}>{producer.code_sha256.slice(0, 16)}</dd>
            <dt>Packages</dt>
            <dd className="mono cut" title={producer.lock_digest ?? ""}>
              {producer.lock_digest ? `lock ${producer.lock_digest.slice(0, 16)}` : "those of its kernel's image"}
            </dd>
          </dl>
        </Side>
        <Side title="Made from">
          <Some of={inputs} none="Nothing that was published before." show={(input) => <Input text={input} />} />
        </Side>
        <Side title="Read by">
          <Some
            of={readers} none="No node yet."
            show={(reader) => (
              <>
                <Reader id={reader.flow_id} /> {reader.node_id && <span className="mono">{reader.node_id}</span>}{" "}
                <span className="faint">{reader.at && <Ago at={reader.at} />}</span>
              </>
            )}
          />
        </Side>
        <Side title="Became part of">
          <Some
            of={made} none="Nothing yet."
            show={(one) => <Entry namespace={one.namespace} name={one.name} version={one.version} />}
          />
        </Side>
      </div>
    </section>
  );
}

// By the name that it has now; a deleted flow's is its id.
function FlowName({ id, version }: { id: string; version: number | null }) {
  const { data } = useQuery({ queryKey: ["flow", id], queryFn: () => flowNamed(id), staleTime: 60_000 });
  return (
    <>
      {data && <><Link to="/flows/$id" params={{ id }} className="link">{data.name}</Link> </>}
      <span className="mono faint">{id}{version !== null && ` version ${version}`}</span>
    </>
  );
}

// A node of a flow, or loose cells of a kernel.
function Reader({ id }: { id: string }) {
  return id.startsWith("~") ? <span>loose cells</span> : <FlowName id={id} version={null} />;
}

function Side({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <h3>{title}</h3>
      {children}
    </div>
  );
}

export function Some<T>({ of, none, show }: { of: T[]; none: string; show: (one: T) => ReactNode }) {
  if (of.length === 0) return none === "" ? null : <p className="faint">{none}</p>;
  return (
    <ul>
      {of.slice(0, MOST).map((one, index) => (
        <li key={index} className="cut">{show(one)}</li>
      ))}
      {of.length > MOST && <li className="faint">and {count(of.length - MOST)} more</li>}
    </ul>
  );
}

function Input({ text }: { text: string }) {
  const found = referenceIn(text);
  if (found === null) return <><span className="mono">{text}</span> <span className="faint">of the same flow</span></>;
  return <Entry {...found} />;
}

function Entry({ namespace, name, version }: { namespace: string; name: string; version: number }) {
  return (
    <Link to="/catalog/$name" params={{ name }} search={{ ...spaceOf({ namespace }), version }} className="link mono">
      {namespace}::{name}@{version}
    </Link>
  );
}
