import { Check, X } from "lucide-react";
import { layersOf, useRuntime, type Layer } from "../app/runtime";
import type { Runtime } from "../api/types";
import { Failure, Notice } from "../parts/Notice";
import { useTitle } from "../parts/useTitle";
import { told } from "../words/facts";

const NAMES: Record<string, string> = { process: "Processes of this host", docker: "Docker containers", swarm: "Docker Swarm" };

export function RuntimePanel() {
  useTitle("Runtime");
  const { data, error } = useRuntime();
  return (
    <section className="stack">
      <h1>What kernels run in</h1>
      <Failure error={error} />
      {data && <Facts facts={data} />}
    </section>
  );
}

function Facts({ facts }: { facts: Runtime }) {
  const layers = layersOf(facts);
  return (
    <>
      <p className="row">
        <strong>{NAMES[facts.runtime] ?? facts.runtime}</strong>
        <span className={facts.isolated ? "tag" : "tag amber"}>{facts.isolated ? "Isolated" : "Not isolated"}</span>
      </p>
      {!facts.isolated && (
        <Notice tone="amber">
          New kernels are processes of this host: code in a cell can reach what this host's network can reach, and no wall
          stands between it and Husk but its user id. Let only people write cells whom you would give a login on this host.
        </Notice>
      )}
      {layers.length > 0 && <Layers layers={layers} />}
      <Others facts={facts} />
    </>
  );
}

function Layers({ layers }: { layers: Layer[] }) {
  return (
    <table className="table layers">
      <caption className="hidden-text">Layers of isolation</caption>
      <thead>
        <tr>
          <th scope="col">Layer</th>
          <th scope="col">Here</th>
          <th scope="col">What it is</th>
        </tr>
      </thead>
      <tbody>
        {layers.map((layer) => (
          <tr key={layer.name}>
            <td>{layer.name}</td>
            <td>
              <span className={`chip tone-${layer.there ? "green" : "amber"}`}>
                {layer.there ? <Check className="icon" aria-hidden /> : <X className="icon" aria-hidden />}
                {layer.there ? "there" : "lacking"}
              </span>
            </td>
            <td className="soft">{layer.what}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const SAID: ReadonlySet<string> = new Set(["runtime", "isolated", "layers", "layers_absent", "self_test", "banner", "processes"]);

// Facts that a runtime tells besides, as they are.
function Others({ facts }: { facts: Runtime }) {
  const { self_test: test, ...others } = facts;
  // What it found stands with the layers.
  const state = test == null ? [] : [["self_test", { state: test["state"], trouble: test["trouble"] }] as const];
  const rest = [...Object.entries(others), ...state].filter(([name, value]) => !SAID.has(name) && value !== null && value !== "");
  return (
    <dl className="facts-list">
      {rest.map(([name, value]) => (
        <div key={name}>
          <dt>{name.replaceAll("_", " ")}</dt>
          <dd className={typeof value === "string" ? "" : "mono"}>{told(value)}</dd>
        </div>
      ))}
    </dl>
  );
}
