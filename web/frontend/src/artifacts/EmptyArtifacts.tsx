export function EmptyArtifacts() {
  return (
    <div className="empty">
      <h2>No artifact yet</h2>
      <p className="prose">
        What a cell or a node publishes stays readable for the nodes after it, on any kernel: models, tables, arrays, anything
        that pickles. It belongs to its flow; the catalog is for what other flows read.
      </p>
      <pre className="example" tabIndex={0}>
        {'flowfile.publish_artifact("model", model)\nmodel = flowfile.read_artifact("model")'}
      </pre>
      <p className="soft">The same list from a terminal:</p>
      <pre className="example" tabIndex={0}>{"husk artifact list --flow FLOW"}</pre>
    </div>
  );
}
